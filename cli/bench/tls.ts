import { makeAuthority, makeCertificate } from "../../components/pgbouncer/certificate";

/** Has the lab's database offer TLS while something is done. It keeps taking clients without. */
export async function withDatabaseTls<T>(work: () => Promise<T>): Promise<T> {
    const [{ TlsServer }, { identity }] = await Promise.all([import("../../lab/tlsserver"), import("../../lab/identity")]);
    const certified = await makeCertificate(await makeAuthority("the lab's database"), "timescale_db");
    const server = await TlsServer.begin(await identity(), certified, { tlsOnly: false });
    return work().finally(() => server.end());
}
