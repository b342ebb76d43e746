import * as net from "net";
import { daemonPid, stopDaemon } from "../../lab/daemon";
import { ensureDatabase, writerName } from "../../lab/database";
import { ensureEngine } from "../../lab/engine";
import { Report } from "../../cli/verify/check";
import { faultTests, seconds } from "./support/fault";
import { attempt, run, until } from "../../lab/run";
import { psql } from "./support/clients";
import { direct } from "./support/database";
import { spoiled } from "./support/spoiled";
import { changing, containers, killMarked, marked, outputs, pulumi, removeConfig, replacing, setConfig, useStack } from "./support/stack";

// What goes wrong on a host, one test a row of docs/FAULTS.md. After each an `up` is green, and nothing else has changed.
// test/proof/rare plays those that are rare or take long.

const on = useStack("08-faults");
const { clients, pooledAnswers } = on;
const { fault, passing, nothingToDoAfter } = faultTests(on);

passing("pgbouncer killed (kill -9) under load", async () => {
    const { said, pg } = await clients.connecting(async () => {
        const kill = "for p in /proc/[0-9]*; do grep -q '^Name:.pgbouncer$' $p/status && kill -9 ${p#/proc/}; done; true";
        await attempt("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", kill]); // the container ends under it
        await until("the pool to answer again", 30, pooledAnswers);
    });
    expect(pg.gap).toBeLessThan(10);
    return `${said}; back by itself`;
});

/** Sends the pooler a signal that it can't answer, or with a shell script in its container does worse. */
const inPooler = (script: string) => run("docker", ["exec", on.out.pgbouncerContainer, "sh", "-c", script]);
const pgbouncer = "$(pidof pgbouncer)";

/** When the pooler's container started, which shows a restart. */
const startedAt = () => run("docker", ["inspect", "-f", "{{.State.StartedAt}}", on.out.pgbouncerContainer]);

/** A login with these options, as anybody can try it who reaches the port; what it said. */
const loginWith = async (options: string, patience = 10) => {
    const { stderr } = await attempt("docker", ["exec", "-e", `PGOPTIONS=${options}`, "-e", `PGCONNECT_TIMEOUT=${patience}`, on.out.pgbouncerContainer, "psql", "-h", "127.0.0.1", "-p", "6432", "-U", "nobody", "-d", "tracksolid_db", "-c", "SELECT 1"]); // prettier-ignore
    return stderr.trim();
};

passing("a login with an option that has no name (CVE-2026-107349)", async () => {
    const before = await startedAt();
    for (const options of ["-c=", "-c =x", "--=", "--=x", "-c \\=x", "-c", "-c =", "-c=" + "x".repeat(5000), "-c= ".repeat(500)]) {
        expect(await loginWith(options)).toMatch(/FATAL/);
        expect(await pooledAnswers()).toBe(true);
    }
    expect(await loginWith("-c search_path=x")).toContain("unsupported startup parameter in options: search_path");
    expect(await startedAt()).toBe(before);
    return "refused like any unknown login; nobody else notices";
});

// In the last two pgbouncer hangs for real, by that very packet: without the empty name in the list, as before 0.2.
const hangs: [string, () => Promise<unknown>][] = [
    ["pgbouncer stopped (kill -STOP)", () => inPooler(`kill -STOP ${pgbouncer}`)],
    [
        "pgbouncer hanging at 100 % of a core",
        async () => {
            const console = "psql -h /tmp/pgbouncer -p 6432 -U pgbouncer -d pgbouncer -qc";
            await inPooler(`${console} "SET ignore_startup_parameters = 'extra_float_digits,options'"`);
            expect(await loginWith("-c=", 3)).toMatch(/timeout expired/);
        },
    ],
];
for (const [title, hang] of hangs) {
    passing(title, async () => {
        const from = Date.now();
        await hang();
        await until("the pool to answer again", 60, pooledAnswers);
        const took = Date.now() - from;
        const { stdout, stderr } = await attempt("docker", ["logs", "-t", on.out.pgbouncerContainer]);
        const said = /^(\S+) run: pgbouncer hangs: three times no answer on its console; killing it/gm;
        const killed = [...(stdout + stderr).matchAll(said)].map(([, at]) => Date.parse(at!)).at(-1);
        expect(killed! - from).toBeLessThan(30_000); // docs/SECURITY.md
        return `the pool answers again after ${(took / 1000).toFixed(1)} s, by itself; the log says that it hung`;
    });
}

nothingToDoAfter("a pgbouncer that was killed or hung");

passing("pgbouncer hanging when it has to leave", async () => {
    await inPooler(`kill -STOP ${pgbouncer}`);
    const from = Date.now();
    await on.up(...replacing);
    expect(await pooledAnswers()).toBe(true);
    return `an \`up\` that replaces it ends green after ${seconds(from)}`;
});

passing("the console out of reach when the pooler has to leave", async () => {
    const before = on.out.pgbouncerContainer;
    const log = attempt("docker", ["logs", "-f", "--since", "0s", before]);
    await inPooler("rm /tmp/pgbouncer/.s.PGSQL.6432");
    const from = Date.now();
    await on.up(...replacing);
    const { stdout } = await log;
    expect(stdout).toContain("run: the console did not take the commands: sending SIGINT");
    return `it leaves by SIGINT instead, and an \`up\` ends green after ${seconds(from)}`;
});

passing("250 half-open logins", async () => {
    const before = await startedAt();
    const { stdout: address } = await attempt("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${on.lab.id}").IPAddress}}`, on.out.pgbouncerContainer]); // prettier-ignore
    const startup = Buffer.from("\0\0\0\0\0\x03\0\0user\0postgres\0database\0tracksolid_db\0\0", "latin1");
    startup.writeInt32BE(startup.length);
    const sockets: net.Socket[] = [];
    while (sockets.length < 250) {
        // One by one: of those that come all at once, pgbouncer counts and refuses more than it needs to.
        const socket: net.Socket = net.connect(6432, address.trim(), () => socket.write(startup)).on("error", () => undefined);
        sockets.push(socket);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    try {
        const { stderr } = await until("a login to be refused", 10, async () => {
            const ran = await psql(on, on.out, "tracksolid_db", "SELECT 1");
            return ran.code !== 0 && ran;
        });
        expect(stderr).toContain("no more connections allowed");
        const from = Date.now();
        await until("the pool to answer again", 60, pooledAnswers);
        expect(Date.now() - from).toBeLessThan(20_000);
        expect(await startedAt()).toBe(before);
        return `they hold all of maxClientConn, so new logins are refused (\`no more connections allowed\`). clientLoginTimeout (15 s) ended them after ${seconds(from)}. Open sessions continue, and the watchdog does not take it for a hang`;
    } finally {
        for (const socket of sockets) socket.destroy();
    }
});

passing(
    "the database restarted under load",
    async () => {
        let late = "";
        const { said } = await clients.connecting(async () => {
            await run("docker", ["restart", on.lab.databaseContainer]);
            await until("the database", 60, () => direct(on, "SELECT 1"));
            const from = Date.now();
            await until("the pool to answer again", 60, pooledAnswers);
            late = seconds(from);
        });
        return `${said}; the pool answered ${late} after the database did, by itself`;
    },
    { pause: 60 },
);

passing(
    "the database down at `up`",
    async () => {
        await run("docker", ["stop", on.lab.databaseContainer]);
        try {
            const { code, stdout } = await pulumi(on, ["up", ...changing]);
            expect(code).not.toBe(0);
            expect(stdout).toContain(`the database at 127.0.0.1:${on.lab.databasePort} can't be reached`);
        } finally {
            await run("docker", ["start", on.lab.databaseContainer]);
            await until("the database", 60, () => direct(on, "SELECT 1"));
        }
        return "`up` stops before anything is changed: `the database at … can't be reached from here`, with the settings to look at";
    },
    { pause: 60 },
);

passing("a wrong and an expired password", async () => {
    const login = (user: string, password: string) =>
        attempt("docker", ["exec", "-e", `PGPASSWORD=${password}`, on.out.pgbouncerContainer, "psql", "-h", "pgbouncer", "-p", "6432", "-U", user, "-d", "tracksolid_db", "-c", "SELECT 1"]); // prettier-ignore
    await direct(on, "CREATE ROLE expired LOGIN PASSWORD 'until-yesterday' VALID UNTIL 'yesterday'");
    try {
        for (const [user, password] of [
            ["postgres", "wrong"],
            ["expired", "until-yesterday"],
        ] as const) {
            // prettier-ignore
            const { code, stderr } = await login(user, password);
            expect(code).not.toBe(0);
            expect(stderr).toContain("authentication failed");
        }
    } finally {
        await direct(on, "DROP ROLE expired");
    }
    return "`SASL authentication failed`, as without the pooler; nobody else is held up";
});

nothingToDoAfter("a pooler that could not leave, logins that fail and a database that was away");

// The pooler that runs refuses each of these, and keeps the settings that it has.
const refused: [string, RegExp, () => Promise<{ cwd?: string; env?: NodeJS.ProcessEnv }>, () => Promise<void>][] = [
    ["a broken ini", /no_such_setting/, () => Promise.resolve(spoiled("ini")), () => Promise.resolve()],
    [
        "a wrong password of the lookup role in the pooler",
        /password authentication failed for user "pgbouncer"/,
        () => Promise.resolve(spoiled("userlist")),
        () => Promise.resolve(),
    ],
    [
        "a wrong database host",
        /no-such-host\.example/,
        () => setConfig(on, "databaseHost", "no-such-host.example").then(() => ({})),
        () => removeConfig(on, "databaseHost"),
    ],
];
for (const [title, why, spoil, undo] of refused) {
    passing(title, async () => {
        const before = await startedAt();
        const program = await spoil();
        try {
            let took = "";
            const { said, failures } = await clients.connecting(async () => {
                const from = Date.now();
                const { code, stdout } = await pulumi(on, ["up", ...changing], program);
                took = seconds(from);
                expect(code).not.toBe(0);
                expect(stdout).toContain("does not accept the changed settings, and keeps those that it has");
                expect(stdout).toMatch(why); // pgbouncer's own words
                expect(stdout).not.toContain(on.lab.databasePassword);
                expect(stdout).not.toContain("wrong-password");
            });
            expect(failures).toEqual([]);
            expect(await startedAt()).toBe(before);
            return `\`up\` fails after ${took} with pgbouncer's words; the pooler keeps its settings and all sessions: ${said}`;
        } finally {
            await undo();
        }
    });
}

nothingToDoAfter("settings that the pooler refused");

passing("an `up` killed (kill -9) while two poolers run side by side, under load", async () => {
    const { said, failures } = await clients.connecting(async () => {
        const cut = pulumi(on, ["up", ...changing, ...replacing], { env: marked });
        await until("the second pooler", 60, async () => (await containers("pgbouncer")).length > 1);
        await killMarked();
        await cut;
        await pulumi(on, ["cancel", "--yes"]);
        await on.up();
    });
    expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
    expect(failures).toEqual([]);
    await pulumi(on, ["refresh", "--clear-pending-creates", ...changing]);
    return `the lock stays (\`pulumi cancel\`); the next \`up\` removes the pooler that is in no state: ${said}`;
});

passing("the lookup role dropped by hand", async () => {
    await direct(on, "DROP OWNED BY pgbouncer; DROP ROLE pgbouncer");
    const { stderr } = await until("logins to fail", 60, async () => {
        const ran = await psql(on, on.out, "tracksolid_db", "SELECT 1");
        return ran.code !== 0 && ran;
    });
    const from = Date.now();
    await on.up("--refresh");
    await until("the pool to answer again", 60, pooledAnswers);
    return `new logins fail: \`${stderr.trim().split("\n").at(-1)}\`; \`pulumi up --refresh\` creates it again: ${seconds(from)}`;
});

passing("the lookup role's password changed by hand", async () => {
    const before = on.out.pgbouncerContainer;
    await direct(on, "ALTER ROLE pgbouncer PASSWORD 'by-hand'");
    expect((await pulumi(on, ["preview", "--refresh"])).stdout).toContain("~ 1 to update");
    expect(await pooledAnswers()).toBe(true);
    const verify = () => attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", "lookup-login"], { env: on.env });
    const { code, stdout } = await verify();
    expect(code).toBe(1);
    const { saw, remedy } = (JSON.parse(stdout) as { checks: Report[] }).checks[0]!;
    expect(saw).toContain("password of role pgbouncer was changed by hand");
    // As it is printed; only what the CLI would ask a person is answered.
    const from = Date.now();
    await run("sh", ["-c", `${remedy} ${changing.join(" ")}`], { env: on.env });
    const took = seconds(from);
    on.out = await outputs(on);
    expect((await verify()).code).toBe(0);
    expect(on.out.pgbouncerContainer).toBe(before);
    return `the pool uses the lookup's backend that it has; \`pulumi preview --refresh\` and \`./sidecar verify\` show it, and \`${remedy}\` fixes it without a roll: ${took}`;
});

passing(
    "the database's container recreated, with a new address",
    async () => {
        let late = "";
        const { said } = await clients.connecting(async () => {
            await run("docker", ["rm", "-f", "-v", on.lab.databaseContainer]);
            await clients.shell("reconnect.sh"); // takes the address that has become free
            await ensureDatabase(on.lab);
            const from = Date.now();
            await until("the pool to answer again", 60, pooledAnswers);
            late = seconds(from);
        });
        return `${said}; the pool answered ${late} after the database did: \`run\` looks the name up every 2 s`;
    },
    { pause: 60, redeployed: true },
);

nothingToDoAfter("a killed `up`, a lookup role that was changed by hand and a recreated database");

passing(
    "the database's network recreated too, as by a Coolify redeploy",
    async () => {
        const network = on.lab.id;
        await run("docker", ["rm", "-f", "-v", on.lab.databaseContainer, writerName(on.lab)]);
        await run("docker", ["network", "disconnect", "-f", network, on.out.pgbouncerContainer]);
        await run("docker", ["network", "rm", network]);
        await ensureDatabase(on.lab);
        // Refused at once or left waiting for queryWaitTimeout, by what the pooler knew of the name.
        expect(await Promise.race([pooledAnswers(), new Promise((resolve) => setTimeout(() => resolve("waiting"), 5000))])).not.toBe(true);
        const { code, stdout } = await pulumi(on, ["preview", "--diff"]);
        expect(code).toBe(0);
        expect(stdout).toContain("pg-sidecar.database-network");
        const from = Date.now();
        await on.up();
        await until("the pool to answer again", 20, pooledAnswers);
        return `the pooler is on a network that is gone, queries fail; \`pulumi up\` sees the new network and puts a pooler on it: ${seconds(from)}`;
    },
    { pause: 60, redeployed: true },
);

passing("the sidecar stopped by hand, and then the host cleaned of unused networks and containers", async () => {
    const both = [...(await containers("pgbouncer")), ...(await containers("pgadmin"))];
    await run("docker", ["stop", ...both]);
    const ours = ["--force", "--filter", "label=pg-sidecar.stack=pg-sidecar/local"]; // what Coolify's cleanup does, to nobody else's
    await run("docker", ["network", "prune", ...ours]);
    await run("docker", ["volume", "prune", "--force", "--filter", "label=pg-sidecar.stack"]);
    expect((await attempt("docker", ["start", both[0]!])).code).not.toBe(0); // its network is gone
    const plain = await pulumi(on, ["preview"]);
    for (const what of ["container pgbouncer", "container pgadmin", "network pg-sidecar"]) expect(plain.stdout).toContain(what);
    expect(plain.stdout).toContain("Fix: pulumi up --stack local --refresh");
    await run("docker", ["rm", "-f", ...both]);
    const unaware = await pulumi(on, ["up", ...changing]);
    expect(unaware.code).not.toBe(0);
    expect(unaware.stdout).toMatch(/container pgbouncer-\w+ is gone from [^]*\n\s*Fix: pulumi up --stack local --refresh/);
    expect(unaware.stdout).not.toMatch(/^ +at .*:\d+\)?$/m); // a stack trace
    const from = Date.now();
    await on.up("--refresh");
    await until("the pool to answer again", 20, pooledAnswers);
    return `stopped containers stay, their network is gone and \`docker start\` fails; \`pulumi preview\` and \`up\` name what is missing, \`pulumi up --refresh\` recreates it, with pgAdmin's data: ${seconds(from)}`;
});

const ownEngine = daemonPid("dockerd") !== undefined;
(ownEngine ? passing : (title: string) => test.skip(title, () => undefined))(
    "the engine restarted, as after a reboot",
    async () => {
        await stopDaemon("dockerd");
        await ensureEngine();
        const from = Date.now();
        await until("the pool to answer again", 90, pooledAnswers);
        const pool = seconds(from);
        await until("pgAdmin to answer", 90, async () => (await fetch(`${on.out.pgadminUrl}/misc/ping`)).ok);
        return `everything comes back by itself: the pool answered ${pool} after the engine did, pgAdmin after ${seconds(from)}`;
    },
    { pause: 90 },
);

nothingToDoAfter("a network that was recreated, a sidecar that was stopped and a restart of the engine");

fault("20 tabs idle in a transaction", async () => {
    await setConfig(on, "idleTransactionTimeout", "10");
    try {
        await on.up();
        const tabs = await clients.node("idletransactions.ts", { CLIENTS: "20", BACKENDS: "16" });
        await until("the idle ones to be ended", 60, async () => (await clients.said(tabs)).includes("answered"));
        expect(await direct(on, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
        const { login, waited, errors } = await clients.finish<{ login: number; waited: number; errors: string[] }>(tabs);
        expect(waited).toBeGreaterThan(1);
        expect(waited).toBeLessThan(15);
        expect(errors.join()).toContain("idle transaction timeout");
        return (
            `16 hold every backend. The other 4 and a new client wait (its login took ${login.toFixed(1)} s, its query ${waited.toFixed(1)} s). ` +
            `idleTransactionTimeout, here 10 s, ends the idle ones: \`${errors[0]}\`. Direct clients notice nothing`
        );
    } finally {
        await removeConfig(on, "idleTransactionTimeout");
    }
});
