import { spawnSync } from "child_process";
import { randomBytes } from "crypto";
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

function python(args: string[], env: Record<string, string> = {}, [program, ...before]: string[] = ["python3"]) {
    const { status, stdout, stderr } = spawnSync(program!, [...before, ...args], { cwd: folder, encoding: "utf8", timeout: 60_000, env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: "1", ...env } }); // prettier-ignore
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

    function backup(image: string, by?: string[]) {
        write("backup.py", fs.readFileSync(path.join(source, "backup.py"), "utf8").replaceAll("/var/lib/pgadmin", inFolder("home")));
        return python(["backup.py"], { SIDECAR_IMAGE: image }, by);
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
        write("home/storage/a/.pg-sidecar.pgpass", "a password");
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
        expect(packed()).toEqual([]);
    });

    test("a disk that is full gets nothing that stays, however often it starts", () => {
        sql(database, "CREATE TABLE t (n int)");
        fs.writeFileSync(inFolder("home/random"), randomBytes(200_000));
        // At most 64 KiB for each file: the copy of the database fits, and the archive does not.
        for (let start = 0; start < 2; start++) {
            const { code, output } = backup("two", ["sh", "-c", 'ulimit -f 64; exec python3 "$@"', "sh"]);
            expect(output).toMatch(/^backup: not made \(.*File too large.*\), so this image does not touch the volume/);
            expect(code).toBe(1);
            expect(packed()).toEqual([]);
        }
    });

    test("what a start that was cut left goes before the next archive", () => {
        sql(database, "CREATE TABLE t (n int)");
        for (const name of ["pgadmin-20200101T000000Z.tar.part", "copy.db", "copy.db-journal"]) write(`home/backups/${name}`, "half");
        write("home/backups/somebody's.part", "kept");
        expect(backup("two").code).toBe(0);
        expect(packed()).toEqual([expect.stringMatching(/^pgadmin-.*\.tar\.gz$/), "somebody's.part"]);
    });

    test("nothing is packed that the disk may have no room for, and the message has both sizes", () => {
        sql(database, "CREATE TABLE t (n int)");
        write("home/storage/a/large", "");
        fs.truncateSync(inFolder("home/storage/a/large"), 2 ** 43); // takes no room itself
        const { code, output } = backup("two");
        expect(output).toMatch(/^backup: not made \(it may take 8388608 MiB, and the disk has \d+ MiB free\), so this image does not/);
        expect(code).toBe(1);
        expect(packed()).toEqual([]);
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

describe("refresh.py's copy of the pooler's CA", () => {
    /** Runs that function alone, since the rest of the program needs pgAdmin. */
    function store_ca(parameters: Record<string, string>) {
        const program = `
import ast, json, sys
from pathlib import Path
text = open(sys.argv[1]).read()
wanted, pooler_ca, home, database = {"1": {"ConnectionParameters": json.loads(sys.argv[2])}}, "the new CA", Path("."), Path("pgadmin4.db")
class config: STORAGE_DIR = "storage"
def get_storage_directory(user): folder = Path("storage", user); folder.mkdir(parents=True, exist_ok=True); return str(folder)
exec(next(ast.get_source_segment(text, node) for node in ast.parse(text).body if getattr(node, "name", "") == "store_ca"))
store_ca(user="me")`;
        return python(["-c", program, path.join(source, "refresh.py"), JSON.stringify(parameters)]);
    }
    const file = "pg-sidecar-ca.pem";

    test("is in the login's storage; a former login's, which its entries check by, is the same", () => {
        write(`storage/former/${file}`, "the CA of before");
        write("storage/other/query.sql", "SELECT 1");
        expect(store_ca({ sslrootcert: `/${file}` })).toEqual({ code: 0, output: "" });
        for (const login of ["me", "former"]) expect(read(`storage/${login}/${file}`)).toBe("the new CA");
        for (const login of ["me", "former"]) expect(fs.readdirSync(inFolder(`storage/${login}`))).toEqual([file]);
        expect(exists(`storage/other/${file}`)).toBe(false);
    });

    test("is not needed by an entry that checks nothing", () => {
        expect(store_ca({})).toEqual({ code: 0, output: "" });
        expect(exists("storage")).toBe(false);
    });
});

describe("refresh.py's passfile", () => {
    const entries = { 1: { Host: "pgbouncer", Port: 6432, Username: "people" }, 2: { Host: "::1", Port: 5432, Username: "pe\\ople" } };

    /** Runs that function alone, since the rest of the program needs pgAdmin. */
    function write_passfile(env: Record<string, string>) {
        const program = `
import ast, json, os, re, sys
from pathlib import Path
text = open(sys.argv[1]).read()
wanted = json.loads(sys.argv[2])
home = Path("storage")
class config: STORAGE_DIR = str(home)
def get_storage_directory(user): (home / user).mkdir(parents=True, exist_ok=True); return str(home / user)
for node in ast.parse(text).body:
    if getattr(node, "name", "") == "refresh_passfile" or isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "passfile":
        exec(ast.get_source_segment(text, node))
refresh_passfile("me")`;
        return python(["-c", program, path.join(source, "refresh.py"), JSON.stringify(entries)], env);
    }

    test("has a line for each entry, escaped as libpq reads it, and is the login's alone", () => {
        write("secret", "a:b\\c");
        write("storage/other/.pg-sidecar.pgpass", "of a login of before");
        expect(write_passfile({ SIDECAR_ROLE_PASSWORD_FILE: "secret" })).toEqual({ code: 0, output: "" });
        expect(read("storage/me/.pg-sidecar.pgpass")).toBe("pgbouncer:6432:*:people:a\\:b\\\\c\n\\:\\:1:5432:*:pe\\\\ople:a\\:b\\\\c\n");
        expect(fs.statSync(inFolder("storage/me/.pg-sidecar.pgpass")).mode & 0o777).toBe(0o600);
        expect(exists("storage/other/.pg-sidecar.pgpass")).toBe(false);
    });

    test("is gone as soon as there is no password for it", () => {
        write("storage/me/.pg-sidecar.pgpass", "old");
        expect(write_passfile({})).toEqual({ code: 0, output: "" });
        expect(exists("storage/me/.pg-sidecar.pgpass")).toBe(false);
    });
});

describe("config_local.py", () => {
    const driver = "pgadmin4/pgadmin/utils/driver/psycopg3";
    const connection = `
class Connection:
    def __init__(self, host):
        self.manager, self.conn, self.execution_aborted, self.said = type("Manager", (), {"host": host, "user": "entry"})(), None, False, []
        self.manager.connection = lambda did, conn_id: self
        self.wasConnected, self.__async_query_id = True, 1
    def cancel_transaction(self, conn_id, did=None):
        self.said.append("own way")
        return True, ""
    def _formatted_exception_msg(self, cause, formatted):
        return "own message"
    def connect(self, **kwargs):
        self.said.append("connects")
        self.conn = made(self.next)
        return True, None
    def connected(self):
        return bool(self.conn) and not self.conn.closed
    def execute_void(self, query):
        self.said.append(query)
`;
    const cursor = `
class Server:
    async def execute(self, query, params=None, *, binary=None):
        return (query, params)
class AsyncDictCursor:
    cursor = Server
    async def _execute(self, query, params=None, *, prepare=None, binary=None):
        return await self.cursor.execute(self, query, params, prepare=prepare, binary=binary)
class AsyncDictServerCursor(AsyncDictCursor, Server):
    pass
`;
    /** What a program begins with: pgAdmin's tab as it is with a session of psycopg's, here over a pair of sockets. */
    const tab = `
import asyncio, config_local, socket, time
import pgadmin.utils.driver.psycopg3.connection as driver
from pgadmin.utils.driver.psycopg3.cursor import AsyncDictServerCursor
IDLE, ACTIVE, INTRANS = 0, 1, 2
class Conn:
    def __init__(self, state, zone):
        self.own, self.peer = socket.socketpair()
        self.closed, self.cancelled, self.pgconn, self.fileno = False, 0, self, self.own.fileno
        self.info = type("Info", (), {"user": "entry", "transaction_status": state, "parameter_status": lambda _, name: zone if name == "TimeZone" else "same"})()
    def cancel(self):
        self.cancelled += 1
    def finish(self):
        self.closed = True
driver.made = lambda zone: Conn(IDLE, zone)
def tab(host, state=IDLE, zone="UTC"):
    one = driver.Connection(host)
    one.conn, one.next = Conn(state, zone), "UTC"
    return one
`;

    beforeEach(() => {
        write("pgadmin4/version.py", "APP_RELEASE = 9\n");
        write(`${driver}/connection.py`, connection);
        write(`${driver}/cursor.py`, cursor);
        write("pgadmin4/config_local.py", fs.readFileSync(path.join(source, "config_local.py"), "utf8"));
    });

    const run = (program: string, env: Record<string, string> = { SIDECAR_POOLER: "pool" }) =>
        python(["-c", program], { PYTHONPATH: inFolder("pgadmin4"), ...env });
    const said = (program: string) => run(tab + program).output;

    test("takes the identity provider's settings, and the client secret from a file as it is", () => {
        const secret = "it's \\n $HOME";
        write("secret", secret);
        const oidc = { AUTHENTICATION_SOURCES: ["oauth2"], OAUTH2_CONFIG: [{ OAUTH2_DISPLAY_NAME: "d'été" }] };
        const printed = "import json, config_local as c; print(json.dumps([c.AUTHENTICATION_SOURCES, c.OAUTH2_CONFIG]))";
        const env = { SIDECAR_POOLER: "pool", SIDECAR_OIDC: JSON.stringify(oidc) };
        const shown = (more: Record<string, string>) => JSON.parse(run(printed, { ...env, ...more }).output) as unknown;
        expect(shown({})).toEqual([["oauth2"], oidc.OAUTH2_CONFIG]);
        expect(shown({ SIDECAR_OIDC_SECRET_FILE: inFolder("secret") })).toEqual([["oauth2"], [{ OAUTH2_DISPLAY_NAME: "d'été", OAUTH2_CLIENT_SECRET: secret }]]); // prettier-ignore
    });

    describe("the ways around pgAdmin's login", () => {
        const flask = `
class request: endpoint, method, form = "security.login", "POST", {}
def redirect(to): return "to " + to
def url_for(endpoint): return endpoint
`;
        const authenticate = `${flask}
def init_app(app): return "own"
`;
        const oauth2 = `${flask}
class OAuth2Authentication:
    def validate(self, form): return True, None
`;
        const mfa = `${flask}
class current_user: is_authenticated = True
methods, given = {"authenticator": 1}, False
def user_supported_mfa_methods(): return methods
def is_mfa_session_authenticated(): return given
def registration_view(): return "own"
`;
        beforeEach(() => {
            for (const [name, text] of Object.entries({ __init__: authenticate, oauth2, "mfa/__init__": "", "mfa/views": mfa }))
                write(`pgadmin4/pgadmin/authenticate/${name}.py`, text);
        });

        test.each(["", "import pgadmin.authenticate\n"])("a password that is sent to Flask-Security's page goes nowhere%#", (before) => {
            const program = `${before}import config_local, pgadmin.authenticate as module
class App:
    def before_request(self, check): self.check = check
app = App()
print(module.init_app(app), app.check())
module.request.method = "GET"
print(app.check())`;
            expect(run(program).output).toBe("own to security.login\nNone\n");
        });

        test("a form without the provider's button is none of the provider's", () => {
            const program = `import config_local, pgadmin.authenticate.oauth2 as module
source = module.OAuth2Authentication()
print(source.validate(None))
module.request.form = {"oauth2_button": "oidc"}
print(source.validate({}))`;
            expect(run(program).output).toBe("(False, None)\n(True, None)\n");
        });

        test("the page for authenticators opens after the code, or to those who have none yet", () => {
            const program = `import config_local, pgadmin.authenticate.mfa.views as module
print(module.registration_view())
module.given = True
print(module.registration_view())
module.given, module.methods = False, {}
print(module.registration_view())`;
            expect(run(program).output).toBe("to mfa.validate\nown\nown\n");
        });

        test("another form of pgAdmin's keeps its own way, and the log says so", () => {
            write("pgadmin4/pgadmin/authenticate/mfa/views.py", "def registration_view(kind): return 'own'\n");
            expect(run("import config_local, pgadmin.authenticate.mfa.views as module; print(module.registration_view(1))").output).toBe(
                "own\nconfig_local: the second factor: as pgAdmin has it, because registration_view takes kind\n",
            );
        });
    });

    test("gives pgAdmin no setting", () => {
        expect(said("print([name for name in vars(config_local) if not name.startswith('_')])")).toBe("[]\n");
    });

    test("Stop sends a cancel request to the pooler, and keeps pgAdmin's own way elsewhere", () => {
        const stop = "one = tab(host, ACTIVE); print(one.cancel_transaction('1'), one.conn.cancelled, one.execution_aborted, one.said)";
        expect(said(`for host in ('pool', 'database'): ${stop}`)).toBe("(True, '') 1 True []\n(True, '') 0 False ['own way']\n");
    });

    test("a cancel request that fails is shown with its cause", () => {
        expect(said("one = tab('pool', ACTIVE); one.conn.cancel = lambda: 1 / 0; print(one.cancel_transaction('1'))")).toBe("(False, 'division by zero')\n"); // prettier-ignore
    });

    test("a query that runs on for 2 s has its session ended, unless the tab has another query by then", () => {
        const stop = "one = tab('pool', ACTIVE); one.cancel_transaction('1')";
        const within = (seconds: number) =>
            `one.conn.peer.settimeout(${seconds})\ntry: print(one.conn.peer.recv(1), one._formatted_exception_msg(None, True))\nexcept TimeoutError: print('open', one._formatted_exception_msg(None, True))`; // prettier-ignore
        expect(said(`${stop}\n${within(20)}`)).toBe("b'' The query was stopped while it waited for a backend.\n");
        expect(said(`${stop}\none._Connection__async_query_id = 2\n${within(3)}`)).toBe("open own message\n");
    });

    test("a session that Stop ended is replaced, with its parameters", () => {
        const program = "one = tab('pool', ACTIVE, 'Asia/Tokyo'); one.cancel_transaction('1'); one.conn.peer.recv(1); one.conn.finish(); print(one.connected(), one.said)"; // prettier-ignore
        expect(said(program)).toBe(`True ['connects', "SET TimeZone = 'Asia/Tokyo'"]\n`);
    });

    test("a session that ended while it was idle is replaced, with its parameters; one in a transaction or at another host is not", () => {
        const lost = "one.conn.peer.close(); print(one.connected(), one.said)";
        expect(said(`one = tab('pool', zone="'")\nprint(one.connected(), one.said)\n${lost}`)).toBe(
            `True []\nTrue ['connects', "SET TimeZone = ''''"]\n`,
        );
        expect(said(`one = tab('pool', INTRANS); ${lost}`)).toBe("True []\n");
        expect(said(`one = tab('database'); ${lost}`)).toBe("True []\n");
    });

    test("a session of another user than the entry's is not replaced by the entry's, however it ended", () => {
        const other = "one = tab('pool', state); one.conn.info.user = 'reporting'";
        expect(said(`state = IDLE; ${other}; one.conn.peer.close(); print(one.connected(), one.said)`)).toBe("True []\n");
        const stopped = `state = ACTIVE; ${other}; one.cancel_transaction('1'); print(one.conn.peer.recv(1)); one.conn.finish()`;
        expect(said(`${stopped}; print(one.connected(), one.said, one._formatted_exception_msg(None, True))`)).toBe(
            "b''\nFalse [] own message\n",
        );
    });

    test("if no session is to be had, the tab keeps the lost one, so that the page asks", () => {
        const program = "one = tab('pool'); one.connect = lambda: (False, 'no'); old = one.conn; old.peer.close(); print(one.connected(), one.conn is old, one.wasConnected)"; // prettier-ignore
        expect(said(program)).toBe("True True True\n");
    });

    test("a server cursor gets no argument that it refuses", () => {
        expect(said("print(asyncio.run(AsyncDictServerCursor()._execute('q', [], prepare=None)))")).toBe("('q', None)\n");
    });

    const inDriver = "pgadmin/utils/driver/psycopg3/connection.py";
    const own = "pgadmin.utils.driver.psycopg3.connection\n";
    const module = "import config_local, pgadmin.utils.driver.psycopg3.connection as driver; print(driver.Connection.cancel_transaction.__module__)"; // prettier-ignore
    test.each([
        ["is another major version", "version.py", "APP_RELEASE = 10\n", "Stop, reconnecting and the ways around the login: as pgAdmin has it, because this is pgAdmin 10, and this file knows 9"], // prettier-ignore
        [
            "has no version",
            "version.py",
            "",
            "Stop, reconnecting and the ways around the login: as pgAdmin has it, because cannot import name 'APP_RELEASE'",
        ],
        ["takes other arguments", inDriver, connection.replace("conn_id, did=None", "did=None"), "Stop: as pgAdmin has it, because cancel_transaction takes self, did"], // prettier-ignore
        ["gives its queries no id", inDriver, connection.replace("__async_query_id", "query"), "Stop: as pgAdmin has it, because its queries have no id"], // prettier-ignore
    ])("a pgAdmin that %s keeps its own way, and one line says so", (_, file, text, line) => {
        write(`pgadmin4/${file}`, text);
        const { code, output } = run(module);
        expect(output).toContain(`config_local: ${line}`);
        expect(output.match(/config_local:/g)).toHaveLength(1);
        expect(output).toContain(own);
        expect(code).toBe(0);
    });

    test("a pgAdmin with another driver keeps its own way, and one line says so", () => {
        fs.rmSync(inFolder(driver), { recursive: true });
        expect(run("import config_local")).toEqual({
            code: 0,
            output: "config_local: Stop, reconnecting and the ways around the login: as pgAdmin has it, because it has another driver than pgadmin.utils.driver.psycopg3\n",
        });
    });

    test("without a pooler's name it changes nothing", () => {
        expect(run(module, {})).toEqual({ code: 0, output: own });
    });
});
