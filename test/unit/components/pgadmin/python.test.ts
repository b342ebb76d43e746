import { spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

// pgAdmin's Python programs without pgAdmin: their own text, with their paths led into a folder and what they import of pgAdmin faked.

const source = path.join(__dirname, "../../../../components/pgadmin");
let folder: string;
const inFolder = (name: string) => path.join(folder, name);
const exists = (name: string) => fs.existsSync(inFolder(name));
const read = (name: string) => fs.readFileSync(inFolder(name), "utf8");

function write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(inFolder(name)), { recursive: true });
    fs.writeFileSync(inFolder(name), text);
}

function python(args: string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync("python3", args, { cwd: folder, encoding: "utf8", env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: "1", ...env } }); // prettier-ignore
    return { code: status, output: stdout + stderr };
}

/** Runs SQL on a file and returns the rows. */
function sql(file: string, script: string): unknown[][] {
    fs.mkdirSync(path.dirname(inFolder(file)), { recursive: true });
    const code = "import json, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); rows = [r for s in sys.argv[2].split(';') for r in c.execute(s)]; c.commit(); print(json.dumps(rows))"; // prettier-ignore
    const { code: status, output } = python(["-c", code, file, script]);
    if (status !== 0) throw new Error(output);
    return JSON.parse(output) as unknown[][];
}

beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-python-"));
    fs.mkdirSync(inFolder("home"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("backup.py", () => {
    const database = "home/pgadmin4.db";

    function backup(image: string) {
        write("backup.py", fs.readFileSync(path.join(source, "backup.py"), "utf8").replaceAll("/var/lib/pgadmin", inFolder("home")));
        return python(["backup.py"], { SIDECAR_IMAGE: image });
    }
    const packed = () => (exists("home/backups") ? fs.readdirSync(inFolder("home/backups")).sort() : []);

    test("packs nothing on an empty volume, nor for the image that used it last", () => {
        expect(backup("one")).toEqual({ code: 0, output: "" });
        expect(read("home/.pg-sidecar-image")).toBe("one");
        sql(database, "CREATE TABLE t (n int)");
        expect(backup("one")).toEqual({ code: 0, output: "" });
        expect(packed()).toEqual([]);
    });

    test("packs all but sessions and the backups before another image, readable to nobody else", () => {
        sql(database, "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
        write("home/storage/a/query.sql", "SELECT 1");
        write("home/sessions/s", "a login");
        write("home/pgadmin4.db-journal", "half a transaction");
        write("home/.pg-sidecar-image", "one");
        const { code, output } = backup("two");
        expect(output).toMatch(/^backup: .*\/pgadmin-\d{8}T\d{6}Z\.tar\.gz holds the volume as one left it\n$/);
        expect(code).toBe(0);
        expect(read("home/.pg-sidecar-image")).toBe("two");
        const [archive] = packed();
        expect(packed()).toEqual([expect.stringMatching(/^pgadmin-.*\.tar\.gz$/)]);
        expect(fs.statSync(inFolder(`home/backups/${archive}`)).mode & 0o777).toBe(0o600);
        expect(fs.statSync(inFolder("home/backups")).mode & 0o777).toBe(0o700);
        const unpack =
            "import sys, tarfile; t = tarfile.open(sys.argv[1]); print(sorted(t.getnames())); t.extract('pgadmin4.db', 'unpacked')";
        expect(python(["-c", unpack, `home/backups/${archive}`]).output).toBe("['.pg-sidecar-image', 'pgadmin4.db', 'storage', 'storage/a', 'storage/a/query.sql']\n"); // prettier-ignore
        expect(sql("unpacked/pgadmin4.db", "SELECT n FROM t")).toEqual([[7]]);
    });

    test("keeps the last five", () => {
        sql(database, "CREATE TABLE t (n int)");
        for (const day of [1, 2, 3, 4, 5, 6]) write(`home/backups/pgadmin-2020010${day}T000000Z.tar.gz`, "old");
        write("home/backups/somebody's.tar.gz", "kept");
        expect(backup("two").code).toBe(0);
        const left = packed();
        expect(left.slice(0, 4)).toEqual([3, 4, 5, 6].map((day) => `pgadmin-2020010${day}T000000Z.tar.gz`));
        expect(left).toHaveLength(6);
        expect(left).toContain("somebody's.tar.gz");
    });

    test("lets this image not begin if it can't pack", () => {
        write(database, "no database");
        write("home/.pg-sidecar-image", "one");
        const { code, output } = backup("two");
        expect(output).toMatch(/^backup: not made \(.+\), so this image does not touch the volume, which one used last\n$/);
        expect(code).toBe(1);
        expect(read("home/.pg-sidecar-image")).toBe("one");
        expect(packed().filter((name) => name.endsWith(".tar.gz"))).toEqual([]);
    });
});

describe("refresh.py, until it begins with pgAdmin itself", () => {
    const database = "home/pgadmin4.db";
    const reached = "pgAdmin itself\n";
    /** What pgAdmin's first start leaves if it is cut: its own tables, and at most the stack's login. */
    const made = (file: string, ...users: string[]) =>
        sql(file, ["CREATE TABLE user (email text)", "CREATE TABLE keys (k text)", "INSERT INTO keys VALUES ('x')", "CREATE TABLE server (name text)", ...users.map((user) => `INSERT INTO user VALUES ('${user}')`)].join(";")); // prettier-ignore

    beforeEach(() => {
        write("pgadmin4/config.py", `APP_RELEASE, APP_REVISION, APP_VERSION, DATA_DIR = 9, 16, "9.16", "${inFolder("home")}"\n`);
        write("pgadmin4/flask_security/__init__.py", "");
        write("pgadmin4/flask_security/utils.py", 'import os, sys; print("pgAdmin itself"); print(os.environ.get("PGADMIN_SETUP_EMAIL", ""), end=""); sys.exit()'); // prettier-ignore
        write("servers.json", JSON.stringify({ Servers: { 1: { Comment: "the stack's" } } }));
        write("password", "secret");
    });

    function refresh(env: Record<string, string> = {}) {
        write("refresh.py", fs.readFileSync(path.join(source, "refresh.py"), "utf8").replace('"/pgadmin4"', JSON.stringify(inFolder("pgadmin4")))); // prettier-ignore
        return python(["refresh.py"], {
            PGADMIN_DEFAULT_EMAIL: "me@example.com",
            PGADMIN_SERVER_JSON_FILE: inFolder("servers.json"),
            PGADMIN_DEFAULT_PASSWORD_FILE: inFolder("password"),
            ...env,
        });
    }

    test("an image without pgAdmin, or with one that is too old, is refused", () => {
        write("pgadmin4/config.py", "APP_RELEASE, APP_REVISION, APP_VERSION = 9, 15, '9.15'\n");
        expect(refresh()).toEqual({ code: 1, output: "refresh: this is pgAdmin 9.15; the stack needs 9.16 or newer\n" });
        fs.rmSync(inFolder("pgadmin4/config.py"));
        expect(refresh()).toEqual({ code: 1, output: "refresh: there is no pgAdmin in this image\n" });
    });

    test("on an empty volume pgAdmin gets the first login by its environment", () => {
        expect(refresh()).toEqual({ code: 0, output: `${reached}me@example.com` });
        expect(exists("home/pgadmin4.db.next")).toBe(false);
    });

    test("a kept database is copied, and what an earlier start left half made goes", () => {
        made(database, "me@example.com", "other@example.com");
        write("home/pgadmin4.db.next", "half a copy");
        write("home/pgadmin4.db.next-journal", "half a transaction");
        expect(refresh()).toEqual({ code: 0, output: reached });
        expect(sql("home/pgadmin4.db.next", "SELECT email FROM user")).toEqual([["me@example.com"], ["other@example.com"]]);
        expect(exists("home/pgadmin4.db.next-journal")).toBe(false);
        expect(fs.statSync(inFolder("home/pgadmin4.db.next")).mode & 0o077).toBe(0);
    });

    test.each([
        ["nobody's login", []],
        ["the stack's login alone", ["me@example.com"]],
    ])("a database with %s was left by a start that was cut: it is put aside and made again", (_, users) => {
        made(database, ...users);
        const { code, output } = refresh();
        expect(output).toContain("refresh: the volume's pgadmin4.db was left half made by a start that was cut; it is made again\n");
        expect(output).toContain("me@example.com");
        expect(code).toBe(0);
        expect(exists(database)).toBe(false);
        expect(exists("home/pgadmin4.db.cut")).toBe(true);
    });

    test("a server that somebody made keeps the database, even with the stack's login alone", () => {
        made(database, "me@example.com");
        sql(database, "INSERT INTO server VALUES ('mine')");
        expect(refresh()).toEqual({ code: 0, output: reached });
        expect(sql("home/pgadmin4.db.next", "SELECT name FROM server")).toEqual([["mine"]]);
    });

    test("a trial copies another volume's database and leaves it as it was", () => {
        made("other/pgadmin4.db", "me@example.com");
        expect(refresh({ SIDECAR_TRIAL_OF: inFolder("other") }).output).toContain("it is made again");
        expect(exists("other/pgadmin4.db")).toBe(true);
        sql("other/pgadmin4.db", "INSERT INTO user VALUES ('other@example.com')");
        expect(refresh({ SIDECAR_TRIAL_OF: inFolder("other") })).toEqual({ code: 0, output: reached });
        expect(sql("home/pgadmin4.db.next", "SELECT count(*) FROM user")).toEqual([[2]]);
        expect(exists(database)).toBe(false);
        expect(fs.readdirSync(inFolder("other"))).toEqual(["pgadmin4.db"]);
    });

    test("a database that can't be read is named, with what to do", () => {
        write(database, "no database at all");
        const { code, output } = refresh();
        expect(output).toMatch(
            /^refresh: .*\/home\/pgadmin4\.db can't be read \(.+\): put a backup in its place \(docs\/RUNBOOK\.md, Restore pgAdmin\)\n$/,
        );
        expect(code).toBe(1);
        expect(read(database)).toBe("no database at all");
    });
});
