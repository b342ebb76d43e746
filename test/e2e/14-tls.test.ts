import * as fs from "fs";
import { exporterImages } from "../../lab/exporters";
import { inLab } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { Certified, makeAuthority, makeCertificate } from "../../components/pgbouncer/certificate";
import { Authority } from "./support/authority";
import { beginAfresh, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { Loop, psql } from "./support/clients";
import { direct } from "./support/database";
import { connectEntry } from "./support/pgadminconnect";
import { expectNoLeak, secretsOf } from "./support/secrets";
import { changing, pulumi, removeConfig, setConfig, useStack } from "./support/stack";
import { TlsServer } from "../../lab/tlsserver";

// TLS on both legs of the pooler: to a database that takes nothing else, and to its clients.

const on = useStack("14-tls");
const { clients } = on;

const exporterSettings = ["metrics", "pgbouncerExporterImage", "postgresExporterImage"];
const settings = ["serverTlsSslmode", "serverTlsCa", "serverTlsCert", "serverTlsKey", "clientTlsSslmode", ...exporterSettings];
const tls = { PGSSLMODE: "no-verify" }; // of node's pg; psql asks for TLS by itself

let authority: Certified;
let good: Certified;
let database: TlsServer | undefined;

beforeAll(async () => {
    authority = await makeAuthority("the test's database");
    good = await makeCertificate(authority, "timescale_db");
    database = await TlsServer.begin(on.lab, good);
});
afterAll(async () => {
    for (const key of settings) await removeConfig(on, key);
    await database?.end();
    await on.up();
});

/** An `up` that the pooler has to refuse; returns what it printed. */
async function refused(): Promise<string> {
    const { code, stdout } = await pulumi(on, ["up", ...changing]);
    expect(code).not.toBe(0);
    expect(stdout).toContain("does not accept the changed settings, and keeps those that it has");
    return stdout;
}

/** A container's address on a network. */
const addressOn = async (network: string, container: string) =>
    (await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container])).trim();

const verify = (...checks: string[]) => attempt("./sidecar", ["verify", "--stack", "local", "--only", checks.join(",")], { env: on.env });

test("a database that takes TLS only: a wrong CA, an expired certificate and a wrong name are refused, a client certificate is shown, and nobody fails", async () => {
    const holding = await clients.node("sleepers.ts", { CLIENTS: "5" });
    const { failures } = await clients.connecting(async () => {
        await setConfig(on, "serverTlsSslmode", "verify-ca");
        await setConfig(on, "serverTlsCa", (await makeAuthority("somebody else")).cert);
        const wrongCa = await refused();
        expect(wrongCa).toMatch(/WARNING TLS handshake error: .*certificate verify failed/);
        expect(wrongCa).toMatch(
            /Fix: the database's certificate has expired, or no CA of serverTlsCa has signed it: .*pulumi config set --stack local serverTlsCa < ca.pem; then run this up again/,
        );

        await setConfig(on, "serverTlsCa", authority.cert);
        await database!.present(await makeCertificate(authority, "timescale_db", new Date("2020-01-01")));
        expect(await refused()).toMatch(/certificate verify failed/);

        await setConfig(on, "serverTlsSslmode", "verify-full");
        await database!.present(await makeCertificate(authority, "elsewhere"));
        const wrongName = await refused();
        expect(wrongName).toMatch(/name .timescale_db. not present in server certificate/);
        expect(wrongName).toMatch(/Fix: .*pulumi config set --stack local serverTlsSslmode verify-ca; then run this up again/);

        await database!.present(good);
        const asking = await Authority.make(inLab("tls-client"));
        await asking.sign("client", inLab("tls-client/pooler"));
        const [cert, key, ca] = ["pooler.pem", "pooler.key", "ca.pem"].map((file) => fs.readFileSync(inLab("tls-client", file), "utf8"));
        await setConfig(on, "serverTlsCert", cert!);
        await setConfig(on, "serverTlsKey", key!, "--secret");
        await on.up();
        await database!.demand("pgbouncer", ca!);
        // verify's own login, whose sessions come from the pooler's container. The pipeline has the same one, and no certificate.
        await database!.demand("postgres", ca!, `${await addressOn(on.lab.id, on.out.pgbouncerContainer)}/32`);
    });
    expect(failures).toEqual([]);
    const held = await clients.finish<Loop>(holding);
    expect(held.failures).toEqual([]);
    const { code, stdout } = await verify("query", "tls-database", "lookup-login");
    expect(stdout).toMatch(/verify-full: [1-9]\d* backends with TLS \(TLSv1\.3, \w+\), 0 without/);
    expect(code).toBe(0);
});

test("bench says that a database which takes TLS only refuses it, and removes what it has made", async () => {
    const { code, stderr } = await attempt("./sidecar", ["bench", "--seconds", "1", "--rounds", "1", "--variants", "direct"], {
        env: on.env,
    });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/refuses bench: .*no pg_hba.conf entry.*\nFix: .*host tracksolid_db sidecar_bench all/)]); // prettier-ignore
    expect(await direct(on, "SELECT FROM pg_roles WHERE rolname = 'sidecar_bench'")).toEqual([]);
});

test("with verify-full, a database that moves to another address is followed", async () => {
    const { databaseContainer, id } = on.lab;
    const address = () => addressOn(id, databaseContainer);
    const before = await address();
    // The server learns only hours later that these are cut off.
    const cut = await direct<{ pid: number }>(
        on,
        "SELECT pid FROM pg_stat_activity WHERE client_addr IS NOT NULL AND pid <> pg_backend_pid()",
    );
    for (let tries = 0; tries < 5 && (await address()) === before; tries++) {
        await run("docker", ["network", "disconnect", id, databaseContainer]);
        await clients.shell("reconnect.sh"); // takes an address that is free
        await run("docker", ["network", "connect", "--alias", "timescale_db", id, databaseContainer]);
    }
    const from = Date.now();
    expect(await address()).not.toBe(before);
    await until("the pool to answer", 30, async () =>
        (await psql(on, on.out, "tracksolid_db", "SELECT inet_server_addr()")).stdout.startsWith(await address()),
    );
    await direct(on, `SELECT pg_terminate_backend(pid) FROM unnest('{${cut.map(({ pid }) => pid).join(",")}}'::int[]) AS pid`);
    console.log(`the pool answers ${((Date.now() - from) / 1000).toFixed(1)} s after the database has moved`);
});

test("the database's exporter checks the database's certificate, too", async () => {
    const images = await exporterImages(on.lab.registryPort);
    for (const [key, value] of Object.entries({ metrics: "true", ...images })) await setConfig(on, key, value);
    await on.up();
    const encrypted = () =>
        direct(on, "SELECT 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'pg-sidecar-metrics'");
    await until("the exporter to be connected", 90, async () => (await verify("exporters")).code === 0 && (await encrypted()).length === 1);

    await database!.present(await makeCertificate(authority, "elsewhere"));
    await direct(on, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg-sidecar-metrics'");
    const refused = await verify("exporters");
    expect([refused.stdout, refused.code]).toEqual([expect.stringMatching(/metrics-database-\w+ answers, but not for\s+the database/), 1]); // prettier-ignore
    await database!.present(good);
    expect((await verify("exporters")).code).toBe(0);
    for (const key of exporterSettings) await removeConfig(on, key);
});

/** The fingerprint of the certificate with which the pooler answers. */
const fingerprint = () =>
    run("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", "openssl s_client -starttls postgres -connect 127.0.0.1:6432 < /dev/null 2> /dev/null | openssl x509 -noout -fingerprint -sha256"]); // prettier-ignore

test("clients: the stack's own certificate is checked by psql and pgAdmin, whose Stop stops; renewed, it cuts nobody", async () => {
    await setConfig(on, "clientTlsSslmode", "require");
    await on.up();
    const ca = (on.out as unknown as { poolerCa: string }).poolerCa;
    const checked = await attempt("docker", [
        "exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, "-e", `CA=${ca}`, on.out.pgbouncerContainer, "sh", "-c",
        'echo "$CA" > /tmp/test-ca.pem; psql "host=pgbouncer port=6432 user=postgres dbname=tracksolid_db sslmode=verify-full sslrootcert=/tmp/test-ca.pem" -AtXc "SELECT 1"; psql "host=pgbouncer port=6432 user=postgres dbname=tracksolid_db sslmode=disable" -AtXc "SELECT 2"; rm /tmp/test-ca.pem',
    ]); // prettier-ignore
    expect(checked.stdout).toBe("1\n");
    expect(checked.stderr).toContain("SSL required");
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
    const { stdout: state } = await pulumi(on, ["stack", "export"]);
    expect(state).toContain("pgbouncer-certificate");
    expect(state).not.toContain("PRIVATE KEY");
    const secrets = await secretsOf(on);
    expect(secrets.map(({ name }) => name)).toEqual(expect.arrayContaining(["key of serverTlsKey", "key of the stack's certificate", "the CA's key"])); // prettier-ignore
    expect(await expectNoLeak(on, secrets)).toContainEqual(expect.stringMatching(/\/client-key\.pem$/));

    await beginAfresh(on.out);
    const browser = await openBrowser();
    try {
        const pgadmin = await PgadminPage.login(browser, on.out);
        await pgadmin.open(["Servers", "tracksolid_db (via pgbouncer)", "Databases", "tracksolid_db"], on.lab.databasePassword);
        const tool = await pgadmin.queryTool();
        const running = () => direct(on, "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(300)'");
        await tool.start("SELECT pg_sleep(300)");
        await until("the query", 10, async () => (await running()).length > 0);
        const ended = tool.ended();
        await tool.press("Cancel query");
        await until("the query to be gone", 20, async () => (await running()).length === 0);
        expect((await ended).error).toMatch(/cancel|stopped/i);

        const before = await fingerprint();
        const holding = await clients.node("sleepers.ts", { CLIENTS: "5", ...tls });
        const { failures } = await clients.connecting(() => on.up("--replace", "**Stash::pgbouncer-certificate"), { env: tls });
        const held = await clients.finish<Loop>(holding);
        expect([...failures, ...held.failures]).toEqual([]);
        expect(held.ok).toBeGreaterThan(0);
        expect(await fingerprint()).not.toBe(before);
        expect(await tool.run("SELECT 1")).toEqual({ result: [[1]] });
    } finally {
        await browser.close();
    }
    const { code, stdout } = await verify("tls-clients");
    expect(stdout).toMatch(/TLSv1\.3, \w+; the certificate is valid for \d+ days, its CA \(pg-sidecar\s+pg-sidecar\/local\) for \d+/);
    expect(code).toBe(0);
});

test("pgAdmin refuses a pooler whose certificate its CA has not signed", async () => {
    const inPgadmin = (script: string, env: string[] = []) =>
        run("docker", ["exec", ...env.flatMap((one) => ["-e", one]), on.out.pgadminContainer, "sh", "-c", script]);
    const file = (await inPgadmin("ls /var/lib/pgadmin/storage/*/pg-sidecar-ca.pem")).trim();
    const another = (await makeAuthority("somebody else")).cert;
    await inPgadmin(`cp ${file} /tmp/kept.pem && printf %s "$CA" > ${file}`, [`CA=${another}`]);
    try {
        const refused = await connectEntry(on.out, { password: on.lab.databasePassword });
        expect([refused.status === 200, refused.said]).toEqual([false, expect.stringContaining("certificate verify failed")]);
    } finally {
        await inPgadmin(`cat /tmp/kept.pem > ${file} && rm /tmp/kept.pem`);
    }
    expect((await connectEntry(on.out, { password: on.lab.databasePassword })).status).toBe(200);
});
