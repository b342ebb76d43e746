import * as fc from "fast-check";
import * as net from "net";
import { lookupDatabase, PgbouncerIni, renderInis, renderUserlist } from "../../components/pgbouncer/ini";
import { parameterRows } from "../../components/pgbouncer/parameters";
import { emailAddress } from "../../components/pgadmin/email";
import { oidcConfig } from "../../components/pgadmin/login";
import { renderServers, ServerEntry } from "../../components/pgadmin/servers";
import { readIni } from "../../cli/verify/ini";
import { judge } from "../../cli/verify/judgevulnerabilities";
import { ofPgadmin, ofPgbouncer } from "../../cli/verify/vulnerabilities";
import { attempt, run, until } from "../../lab/run";
import { saslInitial, startup, typed } from "../proof/wire";
import { settingsOf } from "../unit/fixture";
import { direct } from "./support/database";
import { PgadminApi } from "./support/pgadminapi";
import { readBack } from "./support/pgadminreadback";
import { query } from "./support/readback";
import { pulumi, removeConfig, setConfig, useStack } from "./support/stack";

const on = useStack("18-safety");
const seed = Number(process.env.FC_SEED ?? 20261127); // fixed, so that a run fails for a change alone
/** Values of an arbitrary; a failure's name has their seed. */
const some = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number) => fc.sample(arbitrary, { seed, numRuns });

const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/),
    fc.constantFrom("_", "a-b", "A", "SELECT", "x".repeat(63), "pool_mode", "databases", "user"),
);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 8, selector: (one) => one });
const number = (min: number, max: number) => fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
const parameter = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.]{0,80}$/);

const numeric = parameterRows.filter(([, row]) => "min" in row || row.type === "boolean");

/** Settings from end to end of what each accepts, and lists that are long for a line. */
const inis: fc.Arbitrary<Partial<PgbouncerIni>> = fc.record({
    databases: fc.oneof(names.filter((all) => !all.some((one) => ["pgbouncer", lookupDatabase].includes(one))), fc.constant(Array.from({ length: 3000 }, (_, at) => `database_${at}`))),
    adminUsers: fc.oneof(names, fc.constant(Array.from({ length: 3000 }, (_, at) => `admin_${at}`))),
    ignoreStartupParameters: fc.oneof(fc.uniqueArray(parameter, { maxLength: 5 }), fc.constant(Array.from({ length: 1000 }, (_, at) => `parameter_${at}`))),
    databaseHost: fc.oneof(fc.domain(), fc.constantFrom("a_b", "10.0.0.1", [..."abcd"].map((one) => one.repeat(62)).join("."))),
    databasePort: number(1, 65_535),
    authUser: name.map((one) => one.slice(0, 61)),
    authFunction: fc.stringMatching(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/),
    ...(Object.fromEntries(numeric.map(([key, row]) => [key, "min" in row ? number(row.min, row.max) : fc.boolean()])) as object),
}); // prettier-ignore

// What the schema accepts, the real programs read back as the same value; test/unit/settings/badinput.test.ts has what it refuses.

test(`pgbouncer reloads every value that the settings accept, and has it unchanged (FC_SEED=${seed})`, async () => {
    const base = settingsOf();
    const all = some(inis, 30).map((one) => ({ ...base, ...one }));
    const files = Object.fromEntries(
        all.flatMap((ini, at) => [
            [`${at}.ini`, renderInis({ ...ini, processes: 1 })[0]!],
            [`${at}.txt`, renderUserlist(ini.authUser, "x")],
        ]),
    );
    const seen = await query(on.images.pgbouncer, files, all.length);
    expect(seen).toHaveLength(all.length);
    for (const [at, ini] of all.entries()) {
        const { config, databases } = seen[at]!;
        const inFile = readIni(files[`${at}.ini`]!);
        for (const own of ["auth_file", "unix_socket_dir", "listen_port", "listen_addr", "tcp_defer_accept"]) delete inFile[own]; // other than in a pooler's container
        expect([at, config]).toEqual([at, expect.objectContaining(inFile)]);
        const hosts = Object.fromEntries(databases.map(({ name: one = "", host = "", port = "", database = "" }) => [one, [host, port, database]])); // prettier-ignore
        for (const database of ini.databases)
            expect([at, hosts[database]]).toEqual([at, [ini.databaseHost, String(ini.databasePort), database]]);
        expect(Object.keys(hosts).sort()).toEqual([...ini.databases, lookupDatabase, "pgbouncer"].sort());
    }
});

test(`pgAdmin accepts every address that the settings accept (FC_SEED=${seed})`, async () => {
    const local = fc.stringMatching(/^[A-Za-z0-9_+-]{1,12}(\.[A-Za-z0-9_+-]{1,12}){0,4}$/);
    const odd = fc.tuple(local, fc.domain()).map(([user, domain]) => `${user}@${domain}`);
    const addresses = some(fc.oneof(fc.emailAddress(), odd), 1000).filter((one) => emailAddress.safeParse(one).success);
    expect(addresses.length).toBeGreaterThan(200);
    const code = `
import builtins, json, sys
sys.path.insert(0, "/pgadmin4")
builtins.SERVER_MODE = True
sys.path.insert(0, "/pgadmin4/pgadmin/utils")
from validation_utils import validate_email
setting = {"CHECK_EMAIL_DELIVERABILITY": False, "ALLOW_SPECIAL_EMAIL_DOMAINS": [], "GLOBALLY_DELIVERABLE": True}
print(json.dumps([a for a in json.load(sys.stdin) if not validate_email(a, setting)]))`;
    const special = /\.(arpa|invalid|local|localhost|onion|test)$/i; // with a setting of pgAdmin's that the stack makes (emailSettings)
    const refused = await run("docker", ["exec", "-i", on.out.pgadminContainer, "/venv/bin/python3", "-c", code], { input: JSON.stringify(addresses.filter((one) => !special.test(one))) }); // prettier-ignore
    expect(JSON.parse(refused)).toEqual([]);
});

const hosts = fc.oneof(fc.domain(), fc.constantFrom("pgbouncer", "a_b", "10.0.0.1"));
const entries: fc.Arbitrary<ServerEntry> = fc.record({
    ...{ host: hosts, port: number(1, 65_535), databases: names, username: name, passfile: fc.boolean(), shared: fc.boolean() },
    direct: fc.option(fc.record({ host: hosts, port: number(1, 65_535) }), { nil: undefined }),
});
const printable = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const providers = fc.record({
    oidcIssuer: fc.webUrl(),
    oidcClientId: printable,
    oidcName: fc.constantFrom("Login", "日本 é_1.-", "9"),
    oidcScope: fc.array(fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,20}$/), { maxLength: 4 }).map((all) => ["openid", ...all]),
    oidcUsernameClaim: fc.stringMatching(/^[\w:/.-]{1,40}$/),
    oidcUserinfoUrl: fc.oneof(fc.constant(""), fc.webUrl()),
    oidcAllow: fc.array(fc.tuple(fc.oneof(fc.constantFrom("__proto__", "hd"), fc.stringMatching(/^[\x21-\x3c\x3e-\x7e]{1,20}$/)), fc.oneof(printable, fc.constantFrom("é 日本", "a=b"))).map((pair) => pair.join("=")), { maxLength: 5 }),
    ...{ oidcCreateUsers: fc.boolean(), oidcPasswordLogin: fc.boolean() },
}); // prettier-ignore

test(`pgAdmin has every server entry and identity provider as the settings say (FC_SEED=${seed})`, async () => {
    const wanted = some(entries, 40).flatMap((one) =>
        Object.values((JSON.parse(renderServers(one)) as { Servers: Record<string, Record<string, unknown>> }).Servers),
    );
    const oidc = some(providers, 200).map((one) => oidcConfig({ ...settingsOf(), ...one }));
    const found = await readBack(on.out.pgadminContainer, {
        providers: oidc.map((one) => JSON.stringify(one)),
        servers: Object.fromEntries(wanted.map((one, at) => [String(at + 1), one])),
    });
    expect(found.providers).toEqual(oidc);
    const ofRow = (row: Record<string, unknown>) => ({
        ...{
            Name: row.name,
            Comment: row.comment,
            Host: row.host,
            Port: row.port,
            MaintenanceDB: row.maintenance_db,
            Username: row.username,
        },
        ...{ DBRestriction: row.db_res, DBRestrictionType: row.db_res_type, SSLMode: expect.anything() as unknown },
        ConnectionParameters: JSON.parse(row.connection_params as string) as unknown,
        ...(row.shared ? { Shared: true, SharedUsername: row.shared_username } : {}),
    });
    expect(found.servers.map(ofRow)).toEqual(wanted.map((one) => ({ ...one, Group: undefined })));
});

test("any password of the database's administrator works: in the preflight, in the provider, and in verify's sessions", async () => {
    const password = ` p%40"x';$(id)=\\#?&/:@ é日本① `;
    const literal = password.replaceAll("'", "''");
    await direct(on, `CREATE ROLE odd_admin SUPERUSER LOGIN PASSWORD '${literal}'`);
    await setConfig(on, "postgresql:username", "odd_admin");
    await setConfig(on, "postgresql:password", password, "--secret");
    try {
        const { stdout, code } = await pulumi(on, ["preview", "--refresh"]);
        expect([stdout.replace(/[^]*(error: .*)[^]*/, "$1"), code]).toEqual([expect.not.stringContaining("error: "), 0]);
        const verified = await attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", "query,login-refused"], {
            env: on.env,
        });
        expect([verified.stdout, verified.code]).toEqual([expect.stringContaining('"result"'), 0]);
    } finally {
        await setConfig(on, "postgresql:username", "postgres"); // as the lab sets it
        await removeConfig(on, "postgresql:password");
        await direct(on, "DROP ROLE odd_admin");
    }
});

test("what somebody creates in the schema public is called by no session of a superuser's", async () => {
    // PostgreSQL prefers an operator for exactly these types, in any schema of the path, to its own that needs a cast.
    const traps = [["regtype", "="], ["regclass", "="], ["regprocedure", "="], ["int4", "="]] as const; // prettier-ignore
    const asking = "query,lookup-grants,lookup-role,lookup-superuser,lookup-expiry,lookup-path,left-behind";
    const isSuperuser = async () =>
        (await direct<{ is: boolean }>(on, "SELECT rolsuper AS is FROM pg_roles WHERE rolname = 'mallory'"))[0]!.is;
    await direct(on, "CREATE ROLE mallory; GRANT CREATE ON SCHEMA public TO mallory");
    try {
        for (const [type, operator] of traps)
            await direct(
                on,
                `SET ROLE mallory;
                 CREATE FUNCTION public.trap(oid, ${type}) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
                     IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN ALTER ROLE mallory SUPERUSER; END IF;
                     RETURN $1 OPERATOR(pg_catalog.=) $2::oid;
                 END $$;
                 CREATE OPERATOR public.${operator} (LEFTARG = oid, RIGHTARG = ${type}, FUNCTION = public.trap)`,
            );
        // The trap works: an ordinary session of the superuser's falls into it.
        await direct(on, "SELECT count(*) FROM pg_proc WHERE proname = 'user_lookup' AND proargtypes[0] = 'text'::regtype");
        expect(await isSuperuser()).toBe(true);
        await direct(on, "ALTER ROLE mallory NOSUPERUSER");
        expect((await pulumi(on, ["preview"])).code).toBe(0);
        expect(await isSuperuser()).toBe(false);
        expect((await attempt("./sidecar", ["top", "--stack", "local", "--once", "--json"], { env: on.env })).code).toBe(0);
        const verified = await attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", asking], { env: on.env });
        expect([verified.stdout, verified.code]).toEqual([expect.stringContaining('"lookup-role"'), 0]);
        expect(await isSuperuser()).toBe(false);
    } finally {
        await direct(on, "DROP OWNED BY mallory CASCADE; DROP ROLE mallory");
    }
});

/** Whether the table says that this is open in a version that nothing averts it in. */
const isOpen = (id: string, version: string) => [...judge(ofPgbouncer, version, {}), ...judge(ofPgadmin, version, { sources: ["internal"], hook: false, assistant: false, users: 1, credentials: [] })].some((one) => one.id === id && !one.averted); // prettier-ignore

describe("the table of known vulnerabilities says what an attack does", () => {
    const pgadmin = (...command: string[]) => run("docker", ["exec", on.out.pgadminContainer, ...command]);
    const pgadminVersion = async () => (await pgadmin("/venv/bin/python3", "-c", 'import sys; sys.path.insert(0, "/pgadmin4"); import builtins; builtins.SERVER_MODE = True; import config; print(config.APP_VERSION)')).trim(); // prettier-ignore

    test("CVE-2026-86863: no header logs in to pgAdmin", async () => {
        const names = ["REMOTE_USER", "REMOTE-USER", "X-Forwarded-User", "HTTP_REMOTE_USER"];
        const answer = await fetch(`${on.out.pgadminUrl}/browser/`, { redirect: "manual", headers: Object.fromEntries(names.map((one) => [one, on.out.pgadminEmail])) }); // prettier-ignore
        expect([answer.status, answer.headers.get("location")]).toEqual([302, "/login?next=/browser/"]);
    });

    test("CVE-2026-17348: a route of pgAdmin's answers without a login", async () => {
        const { status } = await fetch(`${on.out.pgadminUrl}/preferences/get_all_cli`, { redirect: "manual" });
        expect(status === 200).toBe(isOpen("CVE-2026-17348", await pgadminVersion()));
    });

    test("CVE-2026-86864: Backup empties a file that is not the user's", async () => {
        await pgadmin("sh", "-c", "echo whole > /tmp/somebodys");
        const api = await PgadminApi.login(on.out);
        const { text } = await api.ask("GET", "/browser/server/nodes/1/");
        const { result } = JSON.parse(text) as { result: { _id: string }[] };
        const server = result[0]!._id;
        expect((await api.ask("POST", `/browser/server/connect/1/${server}`, { password: on.lab.databasePassword })).text).toContain(
            "Server connected",
        );
        const job = { file: "attack.dump", format: "custom", type: "objects", database: "--file=/tmp/somebodys", schemas: [], tables: [] };
        expect((await api.ask("POST", `/backup/job/${server}/object`, job)).text).toContain("job_id");
        const isEmpty = async () => (await pgadmin("cat", "/tmp/somebodys")) === "";
        if (isOpen("CVE-2026-86864", await pgadminVersion())) {
            await until("the file to be emptied", 60, isEmpty);
        } else {
            await new Promise((resolve) => setTimeout(resolve, 10_000));
            expect(await isEmpty()).toBe(false);
        }
        await pgadmin("sh", "-c", "rm -f /tmp/somebodys /var/lib/pgadmin/storage/*/attack.dump");
    });

    test("CVE-2026-19888: a login without a nonce ends the pooler, which is back within seconds", async () => {
        const inspect = (format: string) => run("docker", ["inspect", "-f", format, on.out.pgbouncerContainer]);
        const version = /PgBouncer ([\d.]+)/.exec(await run("docker", ["exec", on.out.pgbouncerContainer, "pgbouncer", "--version"]))![1]!;
        const host = (await inspect(`{{(index .NetworkSettings.Networks "${on.lab.id}").IPAddress}}`)).trim();
        const restarts = Number(await inspect("{{.RestartCount}}"));
        const socket = net.connect({ host, port: 6432 });
        socket.on("error", () => undefined);
        const answered = () => new Promise<void>((resolve) => socket.once("data", () => resolve()).once("close", () => resolve()));
        const packets = [
            startup([["user", "postgres"], ["database", "tracksolid_db"]]),
            saslInitial("SCRAM-SHA-256", Buffer.from("n,,n=,r=abcdefghijklmnopqr")),
            typed("p", Buffer.from(`c=biws,p=${Buffer.alloc(32).toString("base64")}`)),
        ]; // prettier-ignore
        for (const packet of packets) {
            socket.write(packet);
            await answered();
        }
        const from = Date.now();
        await until("the pool to answer", 30, on.pooledAnswers);
        console.log(`the pool answers ${((Date.now() - from) / 1000).toFixed(1)} s after the attack`);
        expect(Number(await inspect("{{.RestartCount}}")) > restarts).toBe(isOpen("CVE-2026-19888", version));
        socket.destroy();
    });
});

describe("./sidecar pin", () => {
    const pin = (...args: string[]) => attempt("./sidecar", ["pin", "--stack", "local", ...args], { env: on.env });
    const set = async () => (await run("pulumi", ["config", "get", "pgbouncerImage"], { env: on.env })).trim();

    test("gives an image that is set by its tag the digest that the registry has", async () => {
        const image = on.images.pgbouncer.split("@")[0]!;
        await setConfig(on, "pgbouncerImage", image);
        try {
            const { code, stderr } = await pin(image);
            expect(stderr).toContain(
                `pin: pgbouncerImage\n  from ${image}\n  to   ${on.images.pgbouncer}\npin: it is deployed already: the next up changes nothing\n`,
            );
            expect(code).toBe(0);
            expect(await set()).toBe(on.images.pgbouncer);
            expect((await pin(image)).stderr).toContain("already");
            const unknown = await pin(`${image}-none`);
            expect(unknown.stderr).toMatch(/has no tag .*-none of .*; it has .*\nFix: \.\/sidecar pin /);
            expect(unknown.code).toBe(2);
            expect(await set()).toBe(on.images.pgbouncer);
        } finally {
            await setConfig(on, "pgbouncerImage", on.images.pgbouncer);
        }
    });
});
