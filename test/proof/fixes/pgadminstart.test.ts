import * as fs from "fs";
import * as path from "path";
import { inLab, project } from "../../../lab/paths";
import { emailSettings } from "../../../components/pgadmin/email";
import { entryMark, renderServers } from "../../../components/pgadmin/servers";
import { accepted, refused } from "../../addresses";
import { attempt, run, until } from "../../../lab/run";
import { Sidecar, sidecar } from "../../e2e/support/stack";
import { login } from "../../e2e/support/pgadminlogin";

// What a start of pgAdmin makes of a volume: in containers of the test's own, of the stack's image and with its uploads.

const email = "admin@example.com";
const folder = inLab("start", String(process.pid));
const entry = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "postgres" };

let on: Sidecar;
let name: string;
let volume: string;

beforeAll(async () => {
    on = await sidecar();
    name = `test-start-${on.lab.id}-${process.pid}`;
    volume = name;
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ["start", "backup.py", "refresh.py"])
        fs.copyFileSync(path.join(project, "components/pgadmin", file), path.join(folder, file));
    fs.writeFileSync(path.join(folder, "password"), "of-the-stack");
});
beforeEach(async () => {
    await remove();
    await run("docker", ["volume", "create", volume]);
});
afterAll(async () => {
    await remove();
    fs.rmSync(folder, { recursive: true });
});

async function remove(): Promise<void> {
    await attempt("docker", ["rm", "-f", "-v", name]);
    await attempt("docker", ["volume", "rm", volume]);
}

/** A pgAdmin as the stack runs it; `entrypoint` is the image's own for one as it was before the stack made the database. */
async function start({
    server = entry,
    options = [],
    entrypoint = ["/bin/sh", "/tmp/pg-sidecar/start"],
    login: as = email,
}: {
    server?: Parameters<typeof renderServers>[0];
    options?: string[];
    entrypoint?: string[];
    login?: string;
} = {}): Promise<void> {
    await attempt("docker", ["rm", "-f", "-v", name]);
    fs.writeFileSync(path.join(folder, "servers.json"), renderServers(server));
    const env = [`PGADMIN_DEFAULT_EMAIL=${as}`, "PGADMIN_DEFAULT_PASSWORD_FILE=/tmp/pg-sidecar/password", "PGADMIN_SERVER_JSON_FILE=/tmp/pg-sidecar/servers.json", "PGADMIN_CONFIG_SERVER_MODE=True", "PGADMIN_CONFIG_MASTER_PASSWORD_REQUIRED=False", "PGADMIN_DISABLE_POSTFIX=True", "PGADMIN_LISTEN_PORT=80", "PGADMIN_CUSTOM_CONFIG_DISTRO_FILE=/tmp/config_distro.py", "SIDECAR_IMAGE=test", ...emailSettings(as)]; // prettier-ignore
    const [program, ...args] = entrypoint as [string, ...string[]];
    await run("docker", [
        "run", "-d", "--name", name, "-v", `${volume}:/var/lib/pgadmin`, "-v", `${folder}:/tmp/pg-sidecar:ro`, "-p", "127.0.0.1::80", "--restart", "always",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges", ...env.flatMap((one) => ["-e", one]), ...options, "--entrypoint", program, on.images.pgadmin, ...args,
    ]); // prettier-ignore
}

const logs = async () => {
    const { stdout, stderr } = await attempt("docker", ["logs", name]);
    return stdout + stderr;
};

/** Waits until it answers, by the way of its health check as well as from outside, and returns its address. */
async function answers(): Promise<string> {
    const port = (await run("docker", ["port", name, "80/tcp"])).trim().split("\n")[0]!;
    const url = `http://${port}`;
    try {
        await until("pgAdmin", 90, async () => {
            const { code } = await attempt("docker", ["exec", name, "busybox", "wget", "-q", "-T", "4", "-O", "/dev/null", "http://127.0.0.1:80/misc/ping"]); // prettier-ignore
            return code === 0 && (await (await fetch(`${url}/misc/ping`)).text()) === "PING";
        });
    } catch (cause) {
        throw new Error(`${(cause as Error).message}:\n${await logs()}`);
    }
    return url;
}

/** Runs SQL on the volume's database, and returns the rows of the last statement. */
async function sql(...statements: string[]): Promise<unknown[][]> {
    const code = `import json, sqlite3, sys
c = sqlite3.connect("/var/lib/pgadmin/pgadmin4.db")
for s in sys.argv[1:]: rows = c.execute(s).fetchall()
c.commit(); print(json.dumps(rows, default=bytes.hex))`;
    return JSON.parse(await inVolume("/venv/bin/python3", "-c", code, ...statements)) as unknown[][];
}

const inVolume = (program: string, ...args: string[]) =>
    run("docker", ["run", "--rm", "-v", `${volume}:/var/lib/pgadmin`, "--entrypoint", program, on.images.pgadmin, ...args]);

const stop = () => run("docker", ["stop", "-t", "5", name]);
const entries = "SELECT name, host, port, username, coalesce(save_password, 0), comment FROM server ORDER BY id";
const made = [["tracksolid_db (via pgbouncer)", "pgbouncer", 6432, "postgres", 0, entryMark]];

/** It answers, the stack's login gets in, and the stack's entry is the only one. */
async function whole(as = email): Promise<void> {
    const url = await answers();
    const landed = await login({ pgadminUrl: url, pgadminEmail: as, pgadminPassword: "of-the-stack" } as Parameters<typeof login>[0]);
    expect(landed).toMatch(/\/browser\/$/);
    await stop();
    expect(await sql(entries)).toEqual(made);
}

test("pgAdmin's own check takes every address that the settings take", async () => {
    const code = `import ast, json, os, sys
sys.path.insert(0, "/pgadmin4/pgadmin/utils")
import importlib, email_validator, validation_utils
from contextlib import redirect_stdout
def takes(address, setting):
    importlib.reload(email_validator); importlib.reload(validation_utils)
    allowed = ast.literal_eval(setting.split("=", 1)[1]) if setting else []
    with redirect_stdout(sys.stderr):
        return validation_utils.validate_email(address, {"CHECK_EMAIL_DELIVERABILITY": False, "ALLOW_SPECIAL_EMAIL_DOMAINS": allowed, "GLOBALLY_DELIVERABLE": True})
print(json.dumps([takes(*one) for one in json.loads(sys.argv[1])]))`;
    const takes = async (all: [string, string][]) =>
        JSON.parse(await inVolume("/venv/bin/python3", "-c", code, JSON.stringify(all))) as boolean[];
    const withSettings = accepted.map((address): [string, string] => [address, emailSettings(address)[0] ?? ""]);
    const taken = await takes(withSettings);
    expect(accepted.filter((_, at) => !taken[at])).toEqual([]);
    // The setting is what lets the reserved ones in, and of what is refused pgAdmin takes only what its image can't carry.
    expect((await takes([["admin@corp.local", ""]]))[0]).toBe(false);
    const takenToo = await takes(refused.map((address): [string, string] => [address, ""]));
    expect(refused.filter((_, at) => takenToo[at])).toEqual(["o'brien@x.com", "müller@x.com", "a@müller.de"]);
});

test.each(["admin@corp.local", "First.Last+tag@EXAMPLE.com"])("%s can log in", async (address) => {
    await start({ login: address });
    await whole(address);
});

describe("a first start that was cut heals by itself", () => {
    test.each([
        ["an empty file", ["sh", "-c", ": > /var/lib/pgadmin/pgadmin4.db"]],
        ["a database without tables", ["/venv/bin/python3", "-c", "import sqlite3; c = sqlite3.connect('/var/lib/pgadmin/pgadmin4.db'); c.execute('CREATE TABLE t (n)'); c.execute('DROP TABLE t')"]],
        ["some tables", ["/venv/bin/python3", "-c", "import sqlite3; c = sqlite3.connect('/var/lib/pgadmin/pgadmin4.db'); c.execute('CREATE TABLE version (name, value)'); c.execute('CREATE TABLE alembic_version (version_num)')"]],
    ])("with %s", async (_, command) => {
        const [program, ...args] = command as [string, ...string[]];
        await inVolume(program, ...args);
        await start();
        await whole();
        expect(await logs()).toContain("refresh: the volume's pgadmin4.db was left half made");
    }); // prettier-ignore

    // The database appears after some 2 s and grows for as long again.
    test.each([0, 0.3, 0.6, 1, 1.5, 2])("with the image's own first start killed %d s after its database appeared", async (seconds) => {
        await start({ entrypoint: ["/entrypoint.sh"] });
        await killed(`[ -e /var/lib/pgadmin/pgadmin4.db ]`, seconds);
        await start();
        await whole();
    });

    test.each([0, 0.5, 1, 2])("with the stack's first start killed %d s after its database appeared", async (seconds) => {
        await start();
        await killed(`[ -e /var/lib/pgadmin/pgadmin4.db.next ]`, seconds);
        await start();
        await whole();
        expect(await logs()).not.toContain("left half made"); // it is never in its place before it is whole
    });

    async function killed(condition: string, seconds: number): Promise<void> {
        await run("docker", ["exec", name, "sh", "-c", `until ${condition}; do sleep 0.02; done; sleep ${seconds}`], { timeout: 60_000 });
        await run("docker", ["rm", "-f", "-v", name]);
    }
});

test("a database that a person has something in is never put aside, and one that can't be read is left as it is", async () => {
    await start();
    await answers();
    await stop();
    await sql("DELETE FROM server", "INSERT INTO setting VALUES (1, 'theirs', 'kept')");
    await start();
    await answers();
    await stop();
    expect(await sql("SELECT value FROM setting WHERE setting = 'theirs'")).toEqual([["kept"]]);
    await inVolume("sh", "-c", "echo not a database, but long enough to be looked at > /var/lib/pgadmin/pgadmin4.db");
    await start();
    await until("its reason", 30, async () => (await logs()).includes("can't be read (file is not a database): put a backup in its place"));
    expect(await inVolume("cat", "/var/lib/pgadmin/pgadmin4.db")).toContain("not a database");
});

describe("on a host without IPv6", () => {
    test("it answers with IPv6 switched off in its network", async () => {
        await start({ options: ["--sysctl", "net.ipv6.conf.all.disable_ipv6=1"] });
        await answers();
    });

    test("it answers on a kernel without IPv6", async () => {
        // As with ipv6.disable=1: every socket of that family is refused (errno EAFNOSUPPORT).
        const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 97, args: [{ index: 0, value: 10, op: "SCMP_CMP_EQ" }] }] }; // prettier-ignore
        const file = path.join(folder, "no-ipv6.json");
        fs.writeFileSync(file, JSON.stringify(profile));
        await start({ options: ["--security-opt", `seccomp=${file}`] });
        await answers();
        expect(await logs()).toContain("Listening at: http://0.0.0.0:80");
    });
});

describe("the stack's entry on a kept volume", () => {
    const moved = { host: "pooler", port: 6543, databases: ["tracksolid_db", "metrics"], username: "app" };
    const restart = async (server: Parameters<typeof renderServers>[0] = moved) => {
        await start({ server });
        await answers();
        await stop();
    };
    beforeEach(() => restart(entry));

    test("is brought up to date, its login too if nobody chose another", async () => {
        await restart();
        expect(await sql(entries)).toEqual([["tracksolid_db (via pgbouncer)", "pooler", 6543, "app", 0, entryMark]]);
        expect(await sql("SELECT db_res FROM server")).toEqual([["tracksolid_db,metrics"]]);
    });

    test("that a person renamed, with a login, a comment, a password and colours of theirs, keeps them", async () => {
        await sql(
            "UPDATE server SET name = 'Production', username = 'me', comment = 'mine', password = 'saved', save_password = 1, bgcolor = '#fff'",
        );
        const theirs = "SELECT id, name, username, comment, password, save_password, bgcolor FROM server";
        const before = await sql(theirs);
        await restart();
        await restart({ ...moved, databases: ["other"] });
        expect(await sql(theirs)).toEqual(before);
        expect(await sql("SELECT host, port, maintenance_db, db_res FROM server")).toEqual([["pooler", 6543, "other", "other"]]);
    });

    test("of a volume on which an older version of this program was is found by its mark, renamed or not", async () => {
        await sql("DROP TABLE pg_sidecar_entry", "UPDATE server SET name = 'Production', password = 'saved', save_password = 1");
        await restart();
        expect(await sql(entries)).toEqual([["Production", "pooler", 6543, "app", 0, entryMark]]); // postgres' password was saved
    });

    test("keeps a saved password as long as its user is the same and the stack has no passfile, which libpq would not read beside it", async () => {
        const saved = "SELECT username, password, save_password FROM server";
        await sql("UPDATE server SET password = 'saved', save_password = 1");
        await restart({ ...entry, host: "pooler" });
        expect(await sql(saved)).toEqual([["postgres", "saved", 1]]);
        await sql("UPDATE server SET connection_params = json_set(connection_params, '$.passfile', '/mine.pgpass')");
        await restart({ ...entry, passfile: true });
        expect(await sql(saved)).toEqual([["postgres", "saved", 1]]);
        await sql("UPDATE server SET connection_params = json_set(connection_params, '$.passfile', '/.pg-sidecar.pgpass')");
        await restart({ ...entry, passfile: true });
        expect(await sql(saved)).toEqual([["postgres", null, 0]]);
    });

    test("that a person deleted comes back, and one of theirs that got its number isn't touched", async () => {
        await sql("DELETE FROM server", "INSERT INTO server (id, user_id, servergroup_id, name, host, port, maintenance_db, username, save_password, use_ssh_tunnel) VALUES (1, 1, 1, 'theirs', 'elsewhere', 5432, 'postgres', 'me', 0, 0)"); // prettier-ignore
        await restart();
        expect(await sql(entries)).toEqual([["theirs", "elsewhere", 5432, "me", 0, null], ["tracksolid_db (via pgbouncer)", "pooler", 6543, "app", 0, entryMark]]); // prettier-ignore
    });

    test("a direct one comes and goes, and a copy of an entry that a person made stays", async () => {
        await restart({ ...entry, direct: { host: "timescale_db", port: 5432 } });
        expect((await sql(entries)).map(([one]) => one)).toEqual(["tracksolid_db (via pgbouncer)", "tracksolid_db (direct)"]);
        await sql("CREATE TABLE t AS SELECT * FROM server WHERE id = 1", "UPDATE t SET id = 99, name = 'copy'", "INSERT INTO server SELECT * FROM t", "DROP TABLE t"); // prettier-ignore
        await restart(entry);
        expect((await sql(entries)).map(([one]) => one)).toEqual(["tracksolid_db (via pgbouncer)", "copy"]);
    });
});
