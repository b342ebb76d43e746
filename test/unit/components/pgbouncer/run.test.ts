import { spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { until } from "../../../../lab/run";

// The pooler's shell program without an engine: its own text, with fake programs first in PATH and its paths led into a folder.

const source = path.join(__dirname, "../../../../components/pgbouncer");

interface Ran {
    code: number | null;
    output: string;
}

/** The main part of `run` begins with this line. */
const main = /^(?=rm -f "\$loaded")/m;

/** A folder in the container's stead: /etc/pg-sidecar, /tmp/pgbouncer and /tmp are in it. Settings `one` are in force. */
class Container {
    readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-run-"));

    constructor() {
        for (const name of ["bin", "etc", "etc/settings", "sockets", "tmp"]) fs.mkdirSync(this.path(name));
        this.settings("one");
        this.write("etc/settings/current", "one\n");
        this.write("tmp/userlist.txt", '"former" "y"\n');
        this.program("getent", "cat addresses");
        this.program("psql", "exit 1");
        // Most of them read a pipe line by line, as the image's busybox does; mawk, which is Debian's, has to be asked to.
        this.program("awk", 'PATH=${PATH#*:}; if command -v mawk > /dev/null; then exec mawk -W interactive "$@"; fi; exec awk "$@"');
        this.write("addresses", "10.0.0.1 STREAM db\n10.0.0.1 DGRAM\n");
        const there: Record<string, string> = {
            "/etc/pg-sidecar": "etc",
            "/tmp/pg-sidecar": "etc",
            "/tmp/pgbouncer": "sockets",
            "/tmp": "tmp",
        };
        const text = (name: string) =>
            fs
                .readFileSync(path.join(source, name), "utf8")
                .replace(/\/(etc|tmp)\/pg-sidecar|\/tmp\/pgbouncer|\/tmp/g, (one) => this.path(there[one]!));
        this.write("etc/common", text("common"));
        for (const name of ["health", "accept", "pause", "run"]) this.write(`etc/${name}`, text(name), 0o755);
        this.write("etc/functions", text("run").split(main)[0]!);
    }

    /** Puts settings on the volume; `more` are lines of the ini. */
    settings(name: string, { files = 100, host = "db", more = "" } = {}): void {
        fs.mkdirSync(this.path(`etc/settings/${name}`));
        this.write(`etc/settings/${name}/1.ini`, `[databases]
tracksolid_db = host=${host} port=5432 dbname=tracksolid_db auth_user=pgbouncer
[pgbouncer]
listen_addr = *
listen_port = 6432
unix_socket_dir = ${this.path("sockets")}
auth_file = /etc/pg-sidecar/userlist.txt
auth_user = pgbouncer
auth_query = SELECT uname, phash FROM public.user_lookup($1) WHERE uname IS NOT NULL
${more}`); // prettier-ignore
        this.write(`etc/settings/${name}/userlist.txt`, '"pgbouncer" "it\'s a \\$ecret"\n');
        this.write(`etc/settings/${name}/open_files`, String(files));
    }

    /** The ini of settings as pgbouncer gets it. */
    ini(address: string, name = "one"): string {
        return this.read(`etc/settings/${name}/1.ini`)
            .replace("host=db", `host=${address}`)
            .replace("/etc/pg-sidecar/userlist.txt", this.path(`etc/settings/${name}/userlist.txt`));
    }

    path(name: string): string {
        return path.join(this.folder, name);
    }

    write(name: string, text: string, mode = 0o644): void {
        fs.writeFileSync(this.path(name), text, { mode });
    }

    read(name: string): string {
        return fs.existsSync(this.path(name)) ? fs.readFileSync(this.path(name), "utf8") : "";
    }

    /** A program that the shell finds before the real one. */
    program(name: string, script: string): void {
        this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
    }

    /** Runs a script to its end, or for so many seconds; what it started goes with it. */
    shell(script: string, seconds = 60): Promise<Ran> {
        const child = spawn("/bin/sh", ["-c", script, "run"], {
            cwd: this.folder,
            detached: true,
            env: {
                PATH: `${this.path("bin")}:${process.env.PATH}`,
                SIDECAR_PORT: "6432",
                SIDECAR_DATABASE: "tracksolid_db",
            },
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
        const end = () => {
            try {
                process.kill(-child.pid!, "SIGKILL");
            } catch {
                // all of it has ended
            }
        };
        const timer = setTimeout(end, seconds * 1000);
        return new Promise((resolve, reject) => {
            child.on("error", reject);
            child.on("exit", () => {
                clearTimeout(timer);
                end(); // what it left in the background holds its output open
            });
            child.on("close", (code) => resolve({ code, output }));
        });
    }

    /** The same with the functions of `run` at hand, and the settings read. */
    functions(script: string, seconds?: number): Promise<Ran> {
        return this.shell(`. etc/functions; set +u; read_settings one; ${script}`, seconds);
    }

    remove(): void {
        // What was killed just now may still be writing a file. rmSync's own retries don't look for new ones.
        for (let tries = 20; ; tries--) {
            try {
                return fs.rmSync(this.folder, { recursive: true, force: true });
            } catch (cause) {
                if (tries === 0) throw cause;
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
            }
        }
    }
}

let container: Container;
beforeEach(() => (container = new Container()));
afterEach(() => container.remove());

/**
 * A pgbouncer that opens the socket of the ini that it is given, and lives until it is ended. Not in shell: what a shell starts in
 * the background ignores SIGINT and SIGQUIT, and only a program other than a shell undoes that.
 */
const lives = `exec python3 -c '
import re, signal, socket, sys, time
def note(name, code=None):
    def handle(*_):
        print(name, file=open("signals", "a"))
        if code is not None: sys.exit(code)
    return handle
signal.signal(signal.SIGHUP, note("HUP"))
signal.signal(signal.SIGINT, note("INT", 5))
signal.signal(signal.SIGQUIT, note("QUIT", 0))
folder = re.search("(?m)^unix_socket_dir = (.*)$", open(sys.argv[1]).read())[1]
socket.socket(socket.AF_UNIX).bind(folder + "/.s.PGSQL.6432")
while True: time.sleep(0.1) # pause() would miss a signal that comes just before it' "$1"`;

/** A `sleep` that asks the shell to leave once it is in `stay`, whose trap is set by then: nothing else sleeps 2 s before the pooler listens. */
const leaves = 'sleep() { [ "$1" = 2 ] && kill -TERM $$ || command sleep "$1"; }';

describe("allow_files", () => {
    test("takes the hard limit if it is enough", async () => {
        const { code, output } = await container.functions("ulimit -Sn 50; ulimit -Hn 200; allow_files; ulimit -n");
        expect(output).toBe("200\n");
        expect(code).toBe(0);
    });

    test("says what is missing and never listens, but leaves when it is asked to", async () => {
        const { code, output } = await container.functions(`ulimit -n 99; ${leaves}; allow_files; echo on`);
        expect(output).toBe(
            "run: maxClientConn needs 100 open files, and this container may open 99 (pgbouncerFiles)\nrun: not listening\n",
        );
        expect(code).toBe(0);
    });
});

describe("the database's address", () => {
    test("is each address once, and stays while the name has it or is unknown", async () => {
        container.write("addresses", "10.0.0.2 STREAM db\n10.0.0.2 DGRAM\n10.0.0.1 STREAM\n");
        const { output } = await container.functions(`addresses; address=10.0.0.1; moved || echo kept
            : > addresses; moved || echo unknown
            echo "10.0.0.3 STREAM db" > addresses; moved && echo "$address"`);
        expect(output).toBe("10.0.0.2\n10.0.0.1\nkept\nunknown\n10.0.0.3\n");
    });

    test("is the first that lets the lookup role in, by the password of userlist.txt, or just the first", async () => {
        container.program(
            "psql",
            'echo "$PGHOSTADDR $PGSSLMODE $* $(sed s,.*:,, "$PGPASSFILE")" >> asked; [ "$PGHOSTADDR" = "$(cat good)" ]',
        );
        container.write("good", "10.0.0.2");
        expect((await container.functions("admitting 10.0.0.1 10.0.0.2 10.0.0.3")).output).toBe("10.0.0.2\n");
        expect(container.read("asked").trim().split("\n")).toEqual(
            ["10.0.0.1", "10.0.0.2"].map(
                (one) => `${one} prefer -h db -p 5432 -U pgbouncer -d tracksolid_db -qAtX -c SELECT 1 it's a \\$ecret`,
            ),
        );
        container.write("good", "nobody");
        expect((await container.functions("admitting 10.0.0.1 10.0.0.2 || echo unsure")).output).toBe("10.0.0.1\nunsure\n");
        expect((await container.functions("admitting 10.0.0.1 && echo sure")).output).toBe("10.0.0.1\nsure\n");
    });

    describe("while none of several lets the lookup role in", () => {
        /** PostgreSQL after a move to other addresses: it admits at the one in `good`, once it has started. */
        const starts =
            'case "$*" in *SELECT*) echo "$PGHOSTADDR" >> tried; [ "$PGHOSTADDR" = "$(cat good)" ] ;; *) echo "$*" >> asked ;; esac';
        const both = (...those: string[]) => those.map((one) => `${one} STREAM db`).join("\\n");

        beforeEach(() => {
            container.program("psql", starts);
            container.write("good", "nobody");
            container.write("addresses", "fd00::1 STREAM db\n10.0.0.1 STREAM\n");
        });

        test("is chosen again in the next turn, with no reload until it is another", async () => {
            const { output } = await container.functions(`address=10.0.0.1 started=1; echo > tmp/1.ini
                ${turns(`1) printf '${both("fd00::9", "10.0.0.9")}\\n' > addresses ;; 2) wc -l < asked ;; 3) wc -l < asked; echo 10.0.0.9 > good ;;`)}
                follow; wc -l < asked; wc -l < tried; moved || echo kept; wc -l < tried`);
            expect(output).toBe("run: db is at fd00::9 now\n2\n2\nrun: db is at 10.0.0.9 now\n4\n6\nkept\n6\n");
            expect(container.read("tmp/1.ini")).toContain("host=10.0.0.9 port=5432");
        });

        test("stays the same if the name's answer only changes its order, or if it admits after all", async () => {
            const { output } = await container.functions(`moved && echo "$address"
                printf '${both("10.0.0.1", "fd00::1")}\\n' > addresses; moved || echo "$address"
                echo fd00::1 > good; moved || echo "$address"; moved || wc -l < tried`);
            expect(output).toBe("fd00::1\nfd00::1\nfd00::1\n5\n");
        });

        test("is not looked for once the pool has answered at it", async () => {
            container.program("psql", 'case "$*" in *"SELECT 1"*) touch tried; exit 1 ;; esac; echo 1');
            const { output } = await container.functions(`prover=$$; mkdir $proof; moved; echo "$unsure"; try_proof && rm tried
                moved || echo "$address"; ls tried`);
            expect(output).toMatch(/^yes\nfd00::1\nls: /);
        });
    });

    test("replaces the name in the ini, and only there", async () => {
        const { output } = await container.functions("address=10.0.0.1; resolved 1");
        expect(output).toBe(container.ini("10.0.0.1"));
        expect((await container.functions("address=; resolved 1")).output).toBe(container.ini("db"));
    });

    test("is followed: pgbouncer reloads when it changes, and not before", async () => {
        container.program("psql", 'echo "reloaded: $*" >> asked');
        const { output } =
            await container.functions(`address=10.0.0.1 started=1; echo > tmp/1.ini; ${turns('2) echo "10.0.0.9 STREAM db" > addresses ;;')}
            follow; echo "$(cat turns) turns"`);
        expect(output).toBe("run: db is at 10.0.0.9 now\n4 turns\n");
        expect(container.read("asked")).toMatch(
            /^reloaded: -h \S+sockets -p 6432 -U pgbouncer -d pgbouncer -qAtX -c RELOAD -c SET server_lifetime = 0\nreloaded: .* -c RELOAD\n$/,
        );
        expect(container.read("tmp/1.ini")).toContain("host=10.0.0.9 port=5432");
    });

    test.each([
        ["first", 1, ["RELOAD -c SET server_lifetime = 0"]],
        ["second", 2, ["RELOAD -c SET server_lifetime = 0", "RELOAD"]],
    ])("is reloaded again in the next turn if the %s RELOAD gets no answer", async (_, failing, given) => {
        container.program("psql", `echo "\${*##*-qAtX -c }" >> asked; [ "$(wc -l < asked)" != ${failing} ]`);
        await container.functions(
            `address=10.0.0.1 started=1; echo > tmp/1.ini; ${turns('2) echo "10.0.0.9 STREAM db" > addresses ;;')}\nfollow`,
        );
        expect(container.read("asked").trim().split("\n")).toEqual([...given, "RELOAD -c SET server_lifetime = 0", "RELOAD"]);
        expect(container.read("tmp/1.ini")).toContain("host=10.0.0.9 port=5432");
    });
});

/** A `sleep` that changes something in one of its turns, and fails in the fourth. */
const turns = (changes: string) => `
    echo 0 > turns
    sleep() { [ "$1" = 2 ] || return 0; turns=$(($(cat turns) + 1)); echo $turns > turns; case $turns in
        ${changes}
        4) return 1 ;;
    esac; }`;

describe("TLS to the database", () => {
    const files = ["server-ca.pem", "server-cert.pem", "server-key.pem"];
    /** Puts settings with certificates on the volume. */
    const secured = (name: string, mode: string) => {
        const lines = [
            `server_tls_sslmode = ${mode}`,
            ...files.map((file) => `server_tls_${/-(.*)\./.exec(file)![1]}_file = /etc/pg-sidecar/${file}`),
        ];
        container.settings(name, { more: `${lines.join("\n")}\n` });
        for (const file of files) container.write(`etc/settings/${name}/${file}`, `${file} of ${name}`);
    };

    test("is psql's, too, with a key that nobody else may read", async () => {
        secured("two", "verify-full");
        container.program("psql", 'echo "$PGHOSTADDR,$PGSSLMODE,$PGSSLROOTCERT,$PGSSLCERT,$2"; cat "$PGSSLKEY"; stat -c " %a" "$PGSSLKEY"');
        const { output } = await container.functions("read_settings two; on_database 10.0.0.1; on_database db");
        const of = (file: string) => container.path(`etc/settings/two/${file}`);
        const rest = `verify-full,${of("server-ca.pem")},${of("server-cert.pem")},db\nserver-key.pem of two 600\n`;
        expect(output).toBe(`10.0.0.1,${rest},${rest}`);
    });

    test("takes the files of the settings in force; verify-full leaves the database its name", async () => {
        secured("full", "verify-full");
        secured("ca", "verify-ca");
        const { output } = await container.functions("address=10.0.0.1; for s in full ca; do read_settings $s; resolved 1; done");
        expect(output.match(/host=\S+ port=5432/g)).toEqual(["host=db port=5432", "host=10.0.0.1 port=5432"]);
        for (const name of ["full", "ca"])
            expect(output).toContain(`server_tls_ca_file = ${container.path(`etc/settings/${name}/server-ca.pem`)}\n`);
    });

    test("has files that outlive the folder of the settings, and change with a reload", async () => {
        for (const name of ["two", "three"]) secured(name, "verify-ca");
        container.program("psql", "exit 0");
        const reloading = "certificates=$kept; echo > tmp/1.ini; for s in two three; do read_settings $s; reload; rm -r $folder; done";
        await container.functions(reloading);
        expect(container.read("tmp/1.ini")).toContain(`server_tls_key_file = ${container.path("tmp/certificates/server-key.pem")}\n`);
        for (const file of files) expect(container.read(`tmp/certificates/${file}`)).toBe(`${file} of three`);
        expect(fs.statSync(container.path("tmp/certificates/server-key.pem")).mode & 0o077).toBe(0);
    });

    test.each([
        ["verify-full", "c-ares 1.34.5", "killed"],
        ["verify-full", "evdns2", "reloaded"],
        ["verify-ca", "c-ares 1.34.5", "reloaded"],
    ])("%s with %s: a database that moves has pgbouncer %s", async (mode, resolver, what) => {
        secured("two", mode);
        container.program("pgbouncer", `echo "PgBouncer 1.24.1"; echo "adns: ${resolver}"`);
        container.program("psql", "echo reloaded >> done");
        await container.functions(
            `read_settings two; name=one; address=10.0.0.1 started=1; echo > tmp/1.ini
             sleep 600 & first=$!; ${turns('2) echo "10.0.0.9 STREAM db" > addresses ;;')}
             follow; kill -TERM $first; wait $first; [ $? != 137 ] || echo killed >> done`, // a TERM after a KILL changes nothing
        );
        expect(container.read("done")).toContain(what);
        expect(container.read("done")).not.toContain(what === "killed" ? "reloaded" : "killed");
    });
});

describe("a proof that the database's certificate does not pass", () => {
    test("is over at once, with each complaint once", async () => {
        container.settings("two");
        container.write("tmp/loaded", "one\n");
        const complaint = "2026-11-26 15:02:57.975 UTC [1180] WARNING TLS handshake error: certificate verify failed";
        container.program("pgbouncer", `echo "${complaint}"; echo "${complaint}"; ${lives}`);
        container.program("psql", "echo 'timeout expired' >&2; exit 2");
        const from = Date.now();
        const { code, output } = await container.shell("etc/accept two");
        expect(code).toBe(1);
        expect(output).toContain("timeout expired\nWARNING TLS handshake error: certificate verify failed\n");
        expect(output.match(/TLS handshake/g)).toHaveLength(1);
        expect(Date.now() - from).toBeLessThan(9_500); // one that is waited for takes 10 s
        expect(container.read("etc/settings/current")).toBe("one\n");
    });
});

test("a proof that nothing answers says where pgbouncer looked", async () => {
    container.settings("two");
    container.write("tmp/loaded", "one\n");
    const line = (id: string) =>
        `2026-11-27 12:00:00.000 UTC [1180] LOG S-${id}: db/u@10.0.0.1:5439 closing because: connect failed (age=0s)`;
    container.program("pgbouncer", `echo "${line("0x1")}"; echo "${line("0x2")}"; ${lives}`);
    container.program("psql", "echo 'timeout expired' >&2; exit 2");
    const { code, output } = await container.shell("sed -i s/^seconds=10/seconds=2/ etc/accept; etc/accept two");
    expect(output).toBe("timeout expired\ndb/u@10.0.0.1:5439 closing because: connect failed\n");
    expect(code).toBe(1);
});

describe("other settings", () => {
    test("are loaded once they are current, and it is written down", async () => {
        container.settings("two", { more: "default_pool_size = 7\n" });
        container.program("psql", 'echo "$*" >> asked');
        const { output } = await container.functions(
            `address=10.0.0.1 started=1; echo > tmp/1.ini; ${turns("2) echo two > etc/settings/current ;;")}\nfollow`,
        );
        expect(output).toBe("run: other settings are in force\n");
        expect(container.read("asked").trim().split("\n")).toHaveLength(2);
        expect(container.read("tmp/1.ini")).toBe(container.ini("10.0.0.1", "two"));
        expect(container.read("tmp/loaded")).toBe("two\n");
    });

    test("keep the lookup role of before for a second, since a backend of it may be logging in", async () => {
        container.settings("two");
        container.program("psql", 'cat tmp/userlist.txt; echo "$*" | grep -o RELOAD');
        const { output } = await container.functions(`address=10.0.0.1; echo > tmp/1.ini; read_settings two; users=$known; reload`);
        const now = '"pgbouncer" "it\'s a \\$ecret"\n';
        expect(output).toBe(`"former" "y"\n${now}RELOAD\n${now}RELOAD\n`);
        expect(container.read("tmp/1.ini")).toContain(`auth_file = ${container.path("tmp/userlist.txt")}\n`);
    });

    test("are tried again if pgbouncer does not load them", async () => {
        container.settings("two");
        container.program("psql", 'echo "$*" >> asked; [ "$(wc -l < asked)" -gt 1 ]');
        await container.functions(
            `address=10.0.0.1 started=1; echo > tmp/1.ini; ${turns("1) echo two > etc/settings/current ;;")}\nfollow`,
        );
        expect(container.read("asked").trim().split("\n")).toHaveLength(3);
        expect(container.read("tmp/loaded")).toBe("two\n");
    });

    test("end the wait of a pooler that its own settings keep from listening", async () => {
        container.settings("two", { files: 100_000_000 });
        container.write("etc/settings/current", "two\n");
        container.program("pgbouncer", `case $1 in */proof/ini) ;; *) exit 3 ;; esac\n${lives}`);
        container.program("psql", "echo 1");
        const { code, output } = await container.shell(
            `(until grep -qs 'not listening' said; do sleep 0.1; done; echo one > etc/settings/current) &
            etc/run > said 2>&1; code=$?; cat said; exit $code`,
        );
        expect(output).toContain("run: not listening\n");
        expect(output).toContain("listening on port 6432");
        expect(code).toBe(3);
    });
});

test("a volume that was emptied keeps the pooler from listening until settings are written", async () => {
    fs.rmSync(container.path("etc/settings"), { recursive: true });
    fs.mkdirSync(container.path("etc/settings"));
    container.program("pgbouncer", `case $1 in */proof/ini) ;; *) exit 3 ;; esac\n${lives}`);
    container.program("psql", "echo 1");
    const there = container.path("settings-elsewhere");
    const ran = container.shell(
        `(until [ -e ${there} ]; do sleep 0.1; done; mv ${there} etc/settings/one; echo one > etc/settings/current) &
        etc/run > said 2>&1; code=$?; cat said; exit $code`,
    );
    await until("it says so", 15, () => Promise.resolve(container.read("said") !== ""));
    container.settings("one");
    fs.renameSync(container.path("etc/settings/one"), there);
    const { code, output } = await ran;
    expect(output).toMatch(/^run: its volume has no settings, pulumi up writes them again; not listening\n/);
    expect(output).toContain("listening on port 6432");
    expect(code).toBe(3);
});

describe("several processes", () => {
    /** The ini of process 2 beside that of process 1. */
    const second = (name: string) =>
        container.write(
            `etc/settings/${name}/2.ini`,
            container.read(`etc/settings/${name}/1.ini`).replace(container.path("sockets"), container.path("sockets/2")),
        );

    test("are started with their own inis and sockets, and the container ends if one of them does", async () => {
        second("one");
        container.program("pgbouncer", `case $1 in */2.ini) until [ -e end ]; do sleep 0.1; done; exit 7 ;; esac\n${lives}`);
        container.program("psql", 'case "$*" in *"SHOW VERSION"*) [ -S "$2/.s.PGSQL.6432" ] && touch end; exit 2 ;; esac; echo 1');
        const { code, output } = await container.shell("exec etc/run");
        expect(output).toContain("run: pgbouncer ended by itself (process 2)\n");
        expect(code).toBe(137);
        expect(container.read("tmp/2.ini")).toContain(`unix_socket_dir = ${container.path("sockets/2")}`);
    });

    test("are each asked by the health check, on their own sockets", async () => {
        container.write("tmp/1.ini", "");
        container.write("tmp/2.ini", "");
        container.program("psql", 'echo "$2" >> asked; echo 1');
        expect(await container.shell("etc/health")).toEqual({ code: 0, output: "" });
        expect(container.read("asked")).toBe(`${container.path("sockets")}\n${container.path("sockets/2")}\n`);
        container.program("psql", 'case $2 in */2) echo "no answer" >&2; exit 2 ;; esac; echo 1');
        expect(await container.shell("etc/health")).toEqual({ code: 1, output: "no answer\n" });
    });

    test("each load other settings", async () => {
        for (const name of ["one", "two"]) {
            if (name === "two") container.settings("two", { more: "default_pool_size = 7\n" });
            second(name);
        }
        container.write("tmp/1.ini", "");
        container.write("tmp/2.ini", "");
        container.program("psql", 'echo "$2 $*" >> asked');
        await container.functions(`address=10.0.0.1 started=2; ${turns("2) echo two > etc/settings/current ;;")}\nfollow`);
        const asked = container.read("asked").trim().split("\n");
        const both = [container.path("sockets"), container.path("sockets/2")];
        expect(asked.map((line) => line.split(" ")[0])).toEqual([...both, ...both]);
        expect(container.read("tmp/2.ini")).toContain("default_pool_size = 7");
    });

    test("that need more files than the container may open are left to the next pooler", async () => {
        container.settings("two", { files: 100_000_000 });
        container.write("tmp/1.ini", "as it was");
        const { output } = await container.functions(`started=1; ${turns("1) echo two > etc/settings/current ;;")}\nfollow`);
        expect(output).toContain("run: other settings are in force, for another container: the next pooler takes them\n");
        expect(container.read("tmp/1.ini")).toBe("as it was");
    });

    test("and while they wait for it, the database is followed, with the settings that are loaded", async () => {
        container.settings("two", { files: 100_000_000, more: "default_pool_size = 7\n" });
        container.write("tmp/1.ini", "tracksolid_db = host=10.0.0.1 port=5432 dbname=tracksolid_db\n");
        container.program("psql", 'echo "${*##*-qAtX -c }" >> asked; [ "$(wc -l < asked)" != 1 ]');
        const { output } = await container.functions(
            `address=10.0.0.1 started=1; ${turns('1) echo two > etc/settings/current ;; 2) echo "10.0.0.9 STREAM db" > addresses ;;')}\nfollow`,
        );
        expect(output.match(/db is at 10.0.0.9 now/g)).toHaveLength(2); // the first RELOAD got no answer
        expect(container.read("asked")).toBe("RELOAD\nRELOAD\n");
        expect(container.read("tmp/1.ini")).toBe("tracksolid_db = host=10.0.0.9 port=5432 dbname=tracksolid_db\n");
    });

    test("of another number are left to the next pooler", async () => {
        container.settings("two", { host: "db2" });
        second("two");
        container.write("tmp/1.ini", "as it was");
        container.program("psql", 'echo "$*" >> asked');
        const { output } = await container.functions(
            `address=10.0.0.1 started=1; ${turns("1) echo two > etc/settings/current ;;")}\nfollow`,
        );
        expect(output).toBe("run: other settings are in force, for another container: the next pooler takes them\n");
        expect(container.read("asked")).toBe("");
        expect(container.read("tmp/1.ini")).toBe("as it was");
        expect(container.read("tmp/loaded")).toBe("two\n");
    });

    test("all leave", async () => {
        container.program("psql", "exit 124"); // each hangs
        const { code, output } = await container.functions(
            `sleep 600 & one=$!; sleep 600 & two=$!; pids="$one $two"; sleep 600 & background=$!
            trap 'kill -0 $one 2> /dev/null || kill -0 $two 2> /dev/null || echo "both are gone"' EXIT; leave`,
        );
        expect(output.match(/run: stopping: pgbouncer hangs, so it is killed/g)).toHaveLength(2);
        expect(output).toContain("both are gone\n");
        expect(code).toBe(137);
    });
});

describe("accept", () => {
    /** A pooler that serves, which loads what is current. */
    const serving = "(while sleep 0.2; do cp etc/settings/current tmp/loaded; done) > /dev/null 2>&1 &";

    beforeEach(() => container.write("tmp/loaded", "one\n"));

    test("does nothing in a pooler that serves nobody", async () => {
        fs.rmSync(container.path("tmp/loaded"));
        expect(await container.shell("etc/accept one")).toEqual({ code: 4, output: "" });
    });

    test("is not for settings that are not on the volume", async () => {
        expect(await container.shell("etc/accept two")).toEqual({ code: 3, output: "" });
    });

    test("proves them on a private socket, makes them current, waits until they are loaded, and removes those of before", async () => {
        container.settings("two");
        container.program("pgbouncer", lives);
        container.program("psql", 'echo "$2" >> asked; cp "$2/ini" proved; echo 1');
        expect(await container.shell(`${serving} etc/accept two`)).toEqual({ code: 0, output: "" });
        expect(container.read("asked")).toBe(`${container.path("tmp/proof-two")}\n`);
        expect(container.read("proved")).toMatch(/^listen_addr =$/m);
        expect(container.read("etc/settings/current")).toBe("two\n");
        expect(fs.readdirSync(container.path("etc/settings")).sort()).toEqual(["current", "two"]);
        expect(container.read("signals")).toBe("QUIT\n");
        expect(fs.existsSync(container.path("tmp/proof-two"))).toBe(false);
    });

    test("proves nothing if they are in force", async () => {
        container.write("tmp/loaded", "one\n");
        expect(await container.shell("etc/accept one")).toEqual({ code: 0, output: "" });
    });

    test.each([
        ["pgbouncer refuses", 'echo "2026-11-26 ERROR no such_setting"; exit 1', "exit 1", "2026-11-26 ERROR no such_setting\n"],
        ["the database refuses", lives, 'echo "password authentication failed" >&2; exit 2', "password authentication failed\n"],
    ])("leaves those in force if %s, with its words", async (_, pgbouncer, psql, said) => {
        container.settings("two");
        container.program("pgbouncer", pgbouncer);
        container.program("psql", psql);
        const script = container.read("etc/accept").replace(/^seconds=\d+/m, "seconds=1");
        container.write("etc/accept", script, 0o755);
        expect(await container.shell("etc/accept two")).toEqual({ code: 1, output: said });
        expect(container.read("etc/settings/current")).toBe("one\n");
        expect(fs.existsSync(container.path("tmp/proof-two"))).toBe(false);
    });

    test("says what is missing if the engine does not allow enough open files", async () => {
        container.settings("two", { files: 100_000_000 });
        const { code, output } = await container.shell("etc/accept two");
        expect(output).toMatch(/^accept: maxClientConn needs 100000000 open files, and this container may open \d+ \(pgbouncerFiles\)\n$/);
        expect(code).toBe(5);
    });
});

describe("prove", () => {
    test("refuses a configuration in pgbouncer's own words, and does not listen", async () => {
        container.program("pgbouncer", 'echo "ERROR no_such_setting is unknown"; exit 1');
        const { code, output } = await container.functions(`${leaves}; prove; echo listening`);
        expect(output).toContain("ERROR no_such_setting is unknown\nrun: pgbouncer does not accept its configuration");
        expect(output).not.toContain("listening\n\n");
        expect(output.trim().endsWith("not listening")).toBe(true);
        expect(code).toBe(0);
    });

    test("tries the very configuration on a private socket, and ends it once the lookup has answered", async () => {
        container.program("pgbouncer", lives);
        container.program("psql", 'echo "$2 $4" >> asked; cp "$2/ini" proved; echo 1');
        const { code, output } = await container.functions("prove; echo proved");
        expect(output).toBe("proved\n");
        expect(code).toBe(0);
        expect(container.read("asked")).toBe(`${container.path("tmp/proof")} 6432\n`);
        expect(container.read("signals")).toBe("QUIT\n");
        expect(container.read("proved")).toContain("host=10.0.0.1 port=5432");
        expect(container.read("proved")).toMatch(/^listen_addr =$/m);
        expect(container.read("proved")).toContain(`unix_socket_dir = ${container.path("tmp/proof")}`);
    });

    test("says once why it does not listen yet, and goes to another address of the database", async () => {
        container.program("pgbouncer", lives);
        container.program("psql", 'cp "$2/ini" proved; n=$(cat tries 2> /dev/null || echo 0); echo $((n + 1)) > tries; [ $n = 1 ] && echo "10.0.0.7 STREAM db" > addresses; [ $n -ge 3 ] && echo 1 && exit; echo "no database" >&2; exit 1'); // prettier-ignore
        const { output } = await container.functions("prove; echo proved");
        expect(output).toBe("run: not listening yet, the database does not answer through the pool: no database\nproved\n");
        expect(container.read("signals")).toBe("HUP\nQUIT\n");
        expect(container.read("proved")).toContain("host=10.0.0.7 port=5432");
    });
});

describe("watch", () => {
    const watched = `sleep 600 & pid=$! first=$pid; sleep() { :; }`;

    test.each([
        ["no answer in time", "exit 124"],
        ["libpq's own timeout", 'echo "timeout expired" >&2; exit 2'],
        ["a full queue of the socket", 'echo "Resource temporarily unavailable" >&2; exit 2'],
    ])("kills pgbouncer after three misses: %s", async (_, psql) => {
        container.program("psql", psql);
        const { output } = await container.functions(`${watched}; watch 1 $pid; wait $pid; echo "ended by $?"`);
        const miss = "run: pgbouncer gave no answer on its console within 5 s\n";
        expect(output).toMatch(new RegExp(`^${miss}${miss}run: pgbouncer hangs: three times no answer`));
        expect(output).toContain("ended by 137\n");
    });

    test("ends the container if nothing follows the settings any longer", async () => {
        container.program("psql", "exit 0");
        const { output } = await container.functions(
            `true & follower=$!; wait $follower; ${watched}; watch 1 $pid; wait $pid; echo "ended by $?"`,
        );
        expect(output).toMatch(/^run: nothing follows the settings /);
        expect(output).toContain("ended by 137\n");
    });

    test("forgives two misses before an answer, and takes an error for one", async () => {
        container.program("psql", 'n=$(cat tries 2> /dev/null || echo 0); echo $((n + 1)) > tries; case $n in 0 | 1 | 3 | 4) exit 124 ;; 2) exit 0 ;; *) echo "no more connections allowed" >&2; exit 2 ;; esac'); // prettier-ignore
        const { output } = await container.functions(`/bin/sleep 600 & pid=$!; sleep() { [ "$(cat tries 2> /dev/null)" != 8 ]; }
            watch 1 $pid; kill -0 $pid && echo alive`);
        expect(output).toBe(`${"run: pgbouncer gave no answer on its console within 5 s\n".repeat(4)}alive\n`);
    });
});

describe("drain and leave", () => {
    /** A console that answers SHOW LISTS from two files and writes down the other commands. */
    const console = `
case "$*" in *"SHOW VERSION"*) exit 0 ;; *"-c PAUSE"*) said=$*; echo "PAUSE \${said##* }" >> commands; exit 0 ;; esac
while read -r command; do
    case $command in
        "SHOW LISTS;") echo "used_clients $(cat sessions)"; echo "login_clients $(cat logins)"; cp logins shown; echo 0 > logins ;;
        *) echo "$command $(cat shown) logging in" >> commands; [ "$command" = "SHUTDOWN WAIT_FOR_CLIENTS;" ] && [ -e ends ] && echo 1 > sessions ;;
    esac
done`;

    // In these tests the database of the lookups is tracksolid_db.
    beforeEach(() => container.write("tmp/1.ini", "[databases]\ntracksolid_db = host=db\nmy-db = host=db\n; a comment\n\n[peers]\n1 = host=/sockets\n\n[pgbouncer]\n")); // prettier-ignore

    test("waits for a login that is under way, then for the sessions, then for their transactions", async () => {
        container.program("psql", console);
        container.write("sessions", "3\n");
        container.write("logins", "1\n");
        container.write("ends", "");
        // The moment that it gives PAUSE is as long here as a busy host needs.
        const { output } = await container.functions(
            "sleep() { until grep -qs PAUSE commands; do command sleep 0.1; done; }; drain 1 && echo drained",
        );
        expect(output).toBe("drained\n");
        expect(container.read("commands")).toBe(
            'PAUSE "my-db"\nSHUTDOWN WAIT_FOR_CLIENTS; 0 logging in\nRESUME "my-db"; 0 logging in\nSHUTDOWN WAIT_FOR_SERVERS; 0 logging in\n',
        );
    });

    test("ends the sessions that stay after the time given", async () => {
        container.program("psql", console);
        container.write("sessions", "3\n");
        container.write("logins", "0\n");
        const from = Date.now();
        const { output } = await container.functions("drain_seconds=1; drain 1 && echo drained");
        expect(output).toBe("drained\n");
        expect(Date.now() - from).toBeGreaterThan(900);
        expect(container.read("commands")).toContain("SHUTDOWN WAIT_FOR_SERVERS;");
    });

    test("takes its sockets away from where exporters see them, and no other pooler's", async () => {
        fs.mkdirSync(path.join(container.folder, "shared/other"), { recursive: true });
        const { output } = await container.functions(`shared=$PWD/shared/own; sockets=$PWD/linked; share_sockets; touch linked/1; ls shared
            end() { kill "$2"; }; sleep 600 & pids=$!; sleep 600 & background=$!; trap 'ls shared' EXIT; leave`);
        expect(output.replace("Terminated\n", "")).toMatch(/^other\nown\nrun: stopping: .*\nother\n$/);
    });

    test("sends SIGINT if the console does not take the commands", async () => {
        container.program("psql", 'case "$*" in *"SHOW VERSION"*) exit 0 ;; esac; echo "could not connect" >&2; exit 2');
        container.program("pgbouncer", lives);
        const { output } = await container.functions(`pgbouncer etc/settings/one/1.ini & pids=$!; sleep 600 & background=$!
            while ! [ -S sockets/.s.PGSQL.6432 ]; do sleep 0.1; done; trap 'echo "ended by $?"' EXIT; leave`);
        expect(output).toContain("run: stopping: no new sessions; the ones here end within 5 s");
        expect(output).toContain("run: the console did not take the commands: sending SIGINT");
        expect(output).toMatch(/ended by 5\n$/);
    });

    test("kills a pgbouncer that hangs", async () => {
        container.program("psql", "exit 124");
        const { code, output } = await container.functions("sleep 600 & pids=$!; sleep 600 & background=$!; leave");
        expect(output).toContain("run: stopping: pgbouncer hangs, so it is killed");
        expect(code).toBe(137);
    });
});

describe("pause", () => {
    /** A console whose pool has backends in use for as long as there is a line in `using`, and one that is logging in for one turn. */
    const console = `
case "$*" in
    *"-c SHOW CLIENTS") printf 'type\\tuser\\tdatabase\\taddr\\tport\\trequest_time\\tlink\\tapplication_name\\n'
        printf 'C\\tann\\tmetrics\\t10.0.0.9\\t5000\\t2026-11-26 10:00:00 UTC\\t0x1\\tpgAdmin\\033[1m\\nC\\tbob\\tmetrics\\t10.0.0.8\\t5001\\t2026-11-26 10:00:00 UTC\\t\\tidle\\n'; exit ;;
    *" -c "*) echo "\${*##*-qAtX }" >> commands; exit ;;
esac
logins=1
while read -r command; do
    case $command in
        "SHOW POOLS;") printf 'db\\tu\\t0\\t0\\t0\\t0\\t%s\\t0\\t0\\t0\\t0\\t0\\t%s\\n' "$(wc -l < using)" $logins; sed -i 1d using; logins=0 ;;
        *echo*) echo "\${command#*echo }" ;;
        "PAUSE;") [ ! -e meanwhile ] || . ./meanwhile; echo "$command with $logins logging in" >> commands ;;
        *) echo "$command with $logins logging in" >> commands ;;
    esac
done`;

    beforeEach(() => {
        container.write("tmp/loaded", "one\n");
        container.write("tmp/1.ini", container.ini("10.0.0.1") + "query_wait_timeout = 120\nclient_login_timeout = 15\n");
        container.write("using", "");
        container.program("psql", console);
    });

    /** The notes of those who may have paused this pooler. */
    const notes = () => fs.readdirSync(container.path("tmp")).filter((name) => name.startsWith("held"));
    /** What the console was told. `resume` gives logins their own time back 3 s later, which only a busy host gets to see. */
    const commands = () => container.read("commands").replace(/^-c SET client_login_timeout = 15\n/gm, "");
    const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

    test("begins once no backend logs in and none is in use, and gives logins that wait their time", async () => {
        const rest = expect.stringMatching(/^([6-9]\d|10\d|110)\n$/) as string; // seconds that a busy host takes are over
        container.write("using", "a\nb\nc\n");
        expect(await container.shell("etc/pause begin me 10")).toEqual({ code: 0, output: rest });
        expect(commands()).toBe("-c SET client_login_timeout = 110\nPAUSE; with 0 logging in\n");
        expect(container.read("using")).toBe("");
        expect(container.read("etc/settings/pause")).toMatch(/^\d+ 110 me\n$/);
        expect(fs.readdirSync(container.path("etc/settings")).sort()).toEqual(["current", "one", "pause"]);
        expect(await container.shell("etc/pause begin you 10")).toEqual({ code: 3, output: rest });
        expect((await container.shell("etc/pause end you")).code).toBe(6);
        expect((await container.shell("etc/pause end me")).code).toBe(0);
        expect(commands()).toMatch(/-c RESUME\n$/);
        expect(fs.readdirSync(container.path("etc/settings")).sort()).toEqual(["current", "one"]);
        expect((await container.shell("etc/pause end me")).code).toBe(6);
    });

    test("names whose transactions stay open, and ends", async () => {
        container.write("using", "a\n".repeat(1000));
        const { code, output } = await container.shell("etc/pause begin me 5");
        expect(output).toBe(
            '5\ndatabase metrics, user ann, application_name "pgAdmin[1m", from 10.0.0.9:5000, since 2026-11-26 10:00:00 UTC\n',
        );
        expect(code).toBe(5);
        expect(commands()).toMatch(/PAUSE; .*\n-c RESUME\n$/);
        expect(container.read("etc/settings/pause")).toBe("");
        expect(notes()).toEqual([]);
    });

    describe("that is no longer in force when PAUSE has come", () => {
        test.each([
            ["somebody ended it", "etc/pause end me"],
            ["it was over, and `run` ended it", ". etc/functions; rm etc/settings/pause; keep_pause"],
        ])("has the pooler resumed, since %s", async (_, meanwhile) => {
            container.write("meanwhile", `(${meanwhile})`);
            expect(await container.shell("etc/pause begin me 10")).toEqual({ code: 6, output: "" });
            expect(commands()).toMatch(/-c RESUME\nPAUSE; .*\n-c RESUME\n$/);
            expect(notes()).toEqual([]);
        });

        test("has `run` resume the pooler if `begin` was killed", async () => {
            container.write("meanwhile", "(etc/pause end me); kill -KILL $(cat beginning)");
            expect((await container.shell('sh -c \'echo $$ > beginning; exec etc/pause begin me 10\'; until grep PAUSE commands; do sleep 0.1; done')).output).toContain("PAUSE;"); // prettier-ignore
            expect(commands()).toMatch(/PAUSE; .*\n$/);
            await container.functions("keep_pause");
            expect(commands()).toMatch(/PAUSE; .*\n-c RESUME\n$/);
            expect(notes()).toEqual(["held.me"]);
            container.write("tmp/held.me", `${inSeconds(-1)}\n`); // when no PAUSE of its can come any more
            await container.functions("keep_pause; keep_pause");
            expect(commands()).toMatch(/PAUSE; .*\n-c RESUME\n-c RESUME\n$/);
            expect(notes()).toEqual([]);
        });

        test("leaves the pooler to another's pause that is", async () => {
            container.write("meanwhile", `echo "${inSeconds(100)} 110 you" > etc/settings/pause`);
            expect(await container.shell("etc/pause begin me 10")).toEqual({ code: 6, output: "" });
            expect(commands()).not.toContain("RESUME");
            expect(container.read("etc/settings/pause")).toMatch(/you\n$/);
            expect((await container.shell("etc/pause end you")).code).toBe(0);
            expect(commands()).toMatch(/-c RESUME\n$/);
            expect(notes()).toEqual([]);
        });
    });

    test("that ends while transactions are open is waited for no longer", async () => {
        container.write("using", "a\n".repeat(1000));
        const from = Date.now();
        const { code } = await container.shell("(until grep PAUSE commands; do sleep 0.1; done; etc/pause end me) > /dev/null 2>&1 & etc/pause begin me 50"); // prettier-ignore
        expect(code).toBe(6);
        expect(Date.now() - from).toBeLessThan(30_000);
        expect(commands()).toMatch(/-c RESUME\n$/);
    });

    test("that ends while backends log in has no PAUSE", async () => {
        container.program("psql", console.replace("logins=0 ;;", "rm -f etc/settings/pause ;;"));
        expect(await container.shell("etc/pause begin me 10")).toEqual({ code: 6, output: "" });
        expect(commands()).toBe("-c SET client_login_timeout = 110\n-c RESUME\n");
    });

    test("keeps the notes of a PAUSE that may come after RESUME, or that were written meanwhile", async () => {
        container.program("psql", `touch tmp/held.meanwhile\n${console}`);
        container.write("tmp/held.given", "");
        container.write("tmp/held.late", `${inSeconds(-1)}\n`);
        container.write("tmp/held.coming", `${inSeconds(100)}\n`);
        await container.functions("resume");
        expect(notes().sort()).toEqual(["held.coming", "held.meanwhile"]);
    });

    test("does not begin in a pooler that serves nobody, or if it can't be written down", async () => {
        fs.rmSync(container.path("tmp/loaded"));
        expect((await container.shell("etc/pause begin me 1")).code).toBe(4);
        container.write("tmp/loaded", "one\n");
        const { code, output } = await container.shell("ln() { return 1; }; set -- begin me 1; . etc/pause");
        expect(output).toContain("the pause can't be written to the volume of the settings");
        expect(code).toBe(1);
        expect(commands()).toBe("");
    });

    test.each([
        [120, 0, 0, 110],
        [120, 60, 0, 50],
        [120, 0, 30, 30],
        [120, 0, 200, 110],
        [19, 0, 0, 10],
        [0, 0, 0, 300],
    ])("lasts within queryWaitTimeout %i, queryTimeout %i and a limit of %i (0 is none): %i s", async (wait, query, limit, lasts) => {
        container.write("tmp/1.ini", `query_wait_timeout = ${wait}\nquery_timeout = ${query}\n`);
        const left = Number((await container.shell(`etc/pause begin me 20 ${limit}`)).output);
        // Seconds that a busy host takes are over.
        expect(left).toBeGreaterThan(Math.max(lasts - 20, 0));
        expect(left).toBeLessThanOrEqual(lasts);
        expect(container.read("etc/settings/pause")).toMatch(new RegExp(`^\\d+ ${lasts} me\n$`));
    });

    test("prints what the wait for open transactions has left of it", async () => {
        // They are open for 3 s from its first look on, however long it takes to come to that.
        const ends = '[ -e until ] || echo $(($(date +%s) + 3)) > until; [ "$(date +%s)" -lt "$(cat until)" ] || : > using';
        container.program("psql", console.replace("sed -i 1d using", ends));
        container.write("using", "a\n");
        const { code, output } = await container.shell("etc/pause begin me 20 60");
        expect(code).toBe(0);
        expect(Number(output)).toBeGreaterThan(30);
        expect(Number(output)).toBeLessThanOrEqual(57);
    });

    test("waits for open transactions for less than it lasts, and names them", async () => {
        container.write("using", "a\n".repeat(1000));
        const from = Date.now();
        const { code, output } = await container.shell("etc/pause begin me 40 4");
        expect(output).toMatch(/^[123]\ndatabase metrics, user ann, .*\n$/); // seconds may have been over before the wait
        expect(code).toBe(5);
        expect(Date.now() - from).toBeLessThan(30_000);
    });

    test("asks the database at the address that pgbouncer has, and only if its name still has that one", async () => {
        container.program("psql", 'echo "$PGHOSTADDR" >> asked; echo "starting up" >&2; [ -e up ]');
        expect(await container.shell("etc/pause answers")).toEqual({ code: 1, output: "starting up\n" });
        container.write("up", "");
        expect((await container.shell("etc/pause answers")).code).toBe(0);
        expect(container.read("asked")).toBe("10.0.0.1\n10.0.0.1\n");
        container.write("addresses", "10.0.0.7 STREAM db\n");
        expect(await container.shell("etc/pause answers")).toEqual({
            code: 1,
            output: "db is not at 10.0.0.1, the address that pgbouncer has\n",
        });
    });

    test("ends by itself in `run` if nobody ends it, and after a change of the clock", async () => {
        for (const end of ["10 110 me\n", "9999999999 110 me\n"]) {
            container.write("tmp/held.me", "");
            container.write("etc/settings/pause", end);
            fs.rmSync(container.path("commands"), { force: true });
            const { output } = await container.functions("keep_pause; keep_pause");
            expect(output).toBe("run: the pause has lasted for its 110 s: clients continue\n");
            expect(commands()).toBe("-c RESUME\n");
            expect(container.read("etc/settings/pause")).toBe("");
        }
    });

    test("that somebody is ending, and that `run` never saw, is over", async () => {
        container.write("tmp/held.me", "");
        expect(await container.functions("keep_pause; echo alive")).toEqual({ code: 0, output: "alive\n" });
        expect(commands()).toBe("-c RESUME\n");
    });

    test("is taken over by a pooler that starts in it, and health says so", async () => {
        container.write("etc/settings/pause", `${Math.floor(Date.now() / 1000) + 100} 110 me\n`);
        const { output } = await container.functions("keep_pause; keep_pause");
        expect(output).toMatch(/^run: a pause is in force for (\d\d|100) s at most: clients wait\n$/);
        expect(commands()).toBe("-c PAUSE\n-c SET client_login_timeout = 110\n");
        expect(await container.shell("etc/health")).toEqual({
            code: 0,
            output: expect.stringMatching(/^paused for \d+ s at most: clients wait\n$/) as string,
        });
    });

    test("keeps the time of logins over a reload", async () => {
        container.write("tmp/held.me", "");
        await container.functions("address=10.0.0.1 lasts=110; reload");
        expect(commands()).toBe("-c RELOAD -c SET server_lifetime = 0\n-c RELOAD\n-c SET client_login_timeout = 110\n");
    });

    test("is over in a pooler that leaves", async () => {
        container.write("tmp/held.me", "");
        await container.functions(
            "sleep 600 & pids=$!; sleep 600 & background=$!; drain() { echo drained >> commands; kill $pids; }; leave",
        );
        expect(commands()).toBe("-c RESUME\n-c SHOW VERSION\ndrained\n");
    });
});

test("run proves, then listens on the port's own configuration, and ends with pgbouncer's exit code", async () => {
    container.program("pgbouncer", `case $1 in */proof/ini) ;; *) cat "$1"; exit 3 ;; esac\n${lives}`);
    container.program("psql", "echo 1");
    const { code, output } = await container.shell("exec etc/run");
    expect(output).toContain("run: the database answers through the pool: listening on port 6432\n");
    expect(output).toContain("host=10.0.0.1 port=5432 dbname=tracksolid_db");
    expect(output).toMatch(/^listen_addr = \*$/m);
    expect(output).toContain("run: pgbouncer ended by itself (exit code 3)");
    expect(code).toBe(3);
});

describe("health", () => {
    test("asks the lookup function as the lookup role, with its password, on the port or the socket", async () => {
        container.program("psql", 'echo "$* $(sed s,.*:,, "$PGPASSFILE") $PGCONNECT_TIMEOUT" >> asked; echo 1');
        expect(await container.shell("etc/health && etc/health sockets")).toEqual({ code: 0, output: "" });
        const rest =
            "-p 6432 -U pgbouncer -d tracksolid_db -qAtX -c SELECT count(phash) FROM public.user_lookup('pgbouncer') it's a \\$ecret 4";
        expect(container.read("asked")).toBe(`-h 127.0.0.1 ${rest}\n-h sockets ${rest}\n`);
    });

    test("fails with psql's words, or if the function does not find the role", async () => {
        container.program("psql", 'echo "no such user" >&2; exit 2');
        expect(await container.shell("etc/health")).toEqual({ code: 1, output: "no such user\n" });
        container.program("psql", "echo 0");
        expect(await container.shell("etc/health")).toEqual({ code: 1, output: "public.user_lookup does not find pgbouncer: no login can be looked up\n" }); // prettier-ignore
    });
});
