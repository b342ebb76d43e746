import { Certified } from "../components/pgbouncer/certificate";
import { databaseClient } from "./database";
import { gatewayOf } from "./gateway";
import { Identity } from "./identity";
import { run, until } from "./run";

const files = { ssl_cert_file: "sidecar-test.crt", ssl_key_file: "sidecar-test.key" };
const clientCa = "sidecar-test-ca.crt";

/** The lab's database with TLS. */
export class TlsServer {
    private constructor(private readonly lab: Identity) {}

    /** With `tlsOnly`, it takes no other logins from its network. This machine, where the providers are, may log in without. */
    static async begin(lab: Identity, certified: Certified, { tlsOnly = true } = {}): Promise<TlsServer> {
        const server = new TlsServer(lab);
        const gateway = await gatewayOf(lab.id);
        await server.shell(
            // A begin that was cut off has left what pg_hba.conf was.
            `[ -e sidecar-test.hba ] || cp -p pg_hba.conf sidecar-test.hba
             { grep -v '^host all all all' sidecar-test.hba; echo "host all all ${gateway}/32 scram-sha-256"; echo '${tlsOnly ? "hostssl" : "host"} all all all scram-sha-256'; } > pg_hba.conf`,
        );
        await server.present(certified);
        for (const [name, file] of Object.entries(files)) await server.sql(`ALTER SYSTEM SET ${name} = '${file}'`);
        await server.sql("ALTER SYSTEM SET ssl = on");
        await server.reload();
        return server;
    }

    /** Gives it another certificate. */
    async present({ cert, key }: Certified): Promise<void> {
        await this.shell(
            `umask 077; printf %s "$CERT" > ${files.ssl_cert_file}; printf %s "$KEY" > ${files.ssl_key_file}; chown postgres ${files.ssl_cert_file} ${files.ssl_key_file}`,
            { CERT: cert, KEY: key },
        );
        await this.reload();
    }

    /** From now on, a role needs a certificate of this CA to log in from there, beside its password. */
    async demand(role: string, ca: string, from = "all"): Promise<void> {
        await this.shell(
            `printf %s "$CA" > ${clientCa}; { echo 'hostssl all ${role} ${from} scram-sha-256 clientcert=verify-ca'; cat pg_hba.conf; } > sidecar-test.new; cat sidecar-test.new > pg_hba.conf`,
            { CA: ca },
        );
        await this.sql(`ALTER SYSTEM SET ssl_ca_file = '${clientCa}'`);
        await this.reload();
    }

    /** Makes it what it was. */
    async end(): Promise<void> {
        for (const name of ["ssl", "ssl_ca_file", ...Object.keys(files)]) await this.sql(`ALTER SYSTEM RESET ${name}`);
        await this.shell("mv sidecar-test.hba pg_hba.conf");
        await this.reload();
        await this.shell("rm -f sidecar-test*");
    }

    /** Resolves once the postmaster, and so each new session, has read it all. */
    private async reload(): Promise<void> {
        const [{ from }] = (await this.sql("SELECT clock_timestamp()::text AS from, pg_reload_conf()")) as [{ from: string }];
        const read = `SELECT pg_conf_load_time() > '${from}' AS read`;
        await until("the database to read its configuration", 30, async () => ((await this.sql(read)) as [{ read: boolean }])[0].read);
    }

    private async sql(text: string): Promise<unknown[]> {
        const client = databaseClient(this.lab);
        await client.connect();
        const { rows } = await client.query(text).finally(() => client.end());
        return rows as unknown[];
    }

    private shell(script: string, env: Record<string, string> = {}): Promise<string> {
        const given = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
        return run("docker", [
            "exec",
            "-u",
            "0",
            "-w",
            "/var/lib/postgresql/data",
            ...given,
            this.lab.databaseContainer,
            "sh",
            "-c",
            script,
        ]);
    }
}
