import { spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

// The pooler's shell program without an engine: its own text, with fake programs first in PATH and its paths led into a folder.

const source = path.join(__dirname, "../../../../components/pgbouncer");

interface Ran {
    code: number | null;
    output: string;
}

/** A folder in the container's stead: /etc/pgbouncer, /var/run/pgbouncer and /tmp are in it. */
class Container {
    readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-run-"));

    constructor() {
        for (const name of ["bin", "etc", "sockets", "tmp"]) fs.mkdirSync(this.path(name));
        this.write("etc/pgbouncer.ini", `[databases]\ntracksolid_db = host=db port=5432 dbname=tracksolid_db auth_user=pgbouncer\n[pgbouncer]\nlisten_addr = *\nunix_socket_dir = ${this.path("sockets")}\n`); // prettier-ignore
        this.write("etc/userlist.txt", '"pgbouncer" "it\'s a \\$ecret"\n');
        this.program("getent", "cat addresses");
        this.program("psql", "exit 1");
        // Most of them read a pipe line by line, as the image's busybox does; mawk, which is Debian's, has to be asked to.
        this.program("awk", 'PATH=${PATH#*:}; if command -v mawk > /dev/null; then exec mawk -W interactive "$@"; fi; exec awk "$@"');
        this.write("addresses", "10.0.0.1 STREAM db\n10.0.0.1 DGRAM\n");
        const there: Record<string, string> = { "/etc/pgbouncer": "etc", "/var/run/pgbouncer": "sockets", "/tmp": "tmp" };
        const text = (name: string) =>
            fs
                .readFileSync(path.join(source, name), "utf8")
                .replace(/\/etc\/pgbouncer|\/var\/run\/pgbouncer|\/tmp/g, (one) => this.path(there[one]!));
        this.write("etc/health", text("health"), 0o755);
        const [functions, main] = text("run").split(/^(?=read -r host port database)/m) as [string, string];
        this.write("etc/functions", functions);
        this.write("etc/run", functions + main, 0o755);
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
    shell(script: string, seconds = 20): Promise<Ran> {
        const child = spawn("/bin/sh", ["-c", script], {
            cwd: this.folder,
            detached: true,
            env: {
                PATH: `${this.path("bin")}:${process.env.PATH}`,
                SIDECAR_PORT: "6432",
                SIDECAR_USER: "pgbouncer",
                SIDECAR_DATABASE: "tracksolid_db",
                SIDECAR_FUNCTION: "public.user_lookup",
                SIDECAR_FILES: "100",
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

    /** The same with the functions of `run` at hand, and the database's name as it reads it. */
    functions(script: string, seconds?: number): Promise<Ran> {
        return this.shell(`. etc/functions; set +u; host=db port=5432 database=tracksolid_db; ${script}`, seconds);
    }

    remove(): void {
        fs.rmSync(this.folder, { recursive: true, force: true });
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
import re, signal, socket, sys
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
while True: signal.pause()' "$1"`;

describe("allow_files", () => {
    test("takes the hard limit if it is enough", async () => {
        const { code, output } = await container.functions("ulimit -Sn 50; ulimit -Hn 200; allow_files; ulimit -n");
        expect(output).toBe("200\n");
        expect(code).toBe(0);
    });

    test("says what is missing and never listens, but leaves when it is asked to", async () => {
        const { code, output } = await container.functions("ulimit -n 99; (sleep 0.5; kill -TERM $$) & allow_files; echo on");
        expect(output).toBe("run: maxClientConn needs 100 open files, and this engine allows a container 99; not listening\n");
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
        container.program("psql", 'echo "$* $PGPASSWORD" >> asked; [ "$2" = "$(cat good)" ]');
        container.write("good", "10.0.0.2");
        expect((await container.functions("admitting 10.0.0.1 10.0.0.2 10.0.0.3")).output).toBe("10.0.0.2\n");
        expect(container.read("asked").trim().split("\n")).toEqual(
            ["10.0.0.1", "10.0.0.2"].map((one) => `-h ${one} -p 5432 -U pgbouncer -d tracksolid_db -qAtXc SELECT 1 it's a \\$ecret`),
        );
        container.write("good", "nobody");
        expect((await container.functions("admitting 10.0.0.1 10.0.0.2")).output).toBe("10.0.0.1\n");
    });

    test("replaces the name in the ini, and only there", async () => {
        const { output } = await container.functions("address=10.0.0.1; resolved");
        expect(output).toBe(container.read("etc/pgbouncer.ini").replace("host=db", "host=10.0.0.1"));
        expect((await container.functions("address=; resolved")).output).toBe(container.read("etc/pgbouncer.ini"));
    });

    test("is followed: pgbouncer reloads when it changes, and not before", async () => {
        const { output } = await container.functions(`trap 'echo reloaded' HUP; pid=$$; address=10.0.0.1
            echo 0 > turns
            sleep() { turns=$(($(cat turns) + 1)); echo $turns > turns; case $turns in
                2) echo "10.0.0.9 STREAM db" > addresses ;;
                4) return 1 ;;
            esac; }
            follow; echo "$(cat turns) turns"`);
        expect(output).toBe("run: db is at 10.0.0.9 now\nreloaded\n4 turns\n");
        expect(container.read("tmp/pgbouncer.ini")).toContain("host=10.0.0.9 port=5432");
    });
});

describe("prove", () => {
    test("refuses a configuration in pgbouncer's own words, and does not listen", async () => {
        container.program("pgbouncer", 'echo "ERROR no_such_setting is unknown"; exit 1');
        const { code, output } = await container.functions("(sleep 1; kill -TERM $$) & prove; echo listening");
        expect(output).toContain("ERROR no_such_setting is unknown\nrun: pgbouncer does not accept its configuration");
        expect(output).not.toContain("listening\n\n");
        expect(output.trim().endsWith("not listening")).toBe(true);
        expect(code).toBe(0);
    });

    test("tries the very configuration on a private socket, and ends it once the lookup has answered", async () => {
        container.program("pgbouncer", lives);
        container.program("psql", 'echo "$2 $4" >> asked; echo 1');
        const { code, output } = await container.functions("prove; echo proved");
        expect(output).toBe("proved\n");
        expect(code).toBe(0);
        expect(container.read("asked")).toBe(`${container.path("tmp/proof")} 6432\n`);
        expect(container.read("signals")).toBe("QUIT\n");
        expect(container.read("tmp/proof/ini")).toContain("host=10.0.0.1 port=5432");
        expect(container.read("tmp/proof/ini")).toMatch(/^listen_addr =$/m);
        expect(container.read("tmp/proof/ini")).toContain(`unix_socket_dir = ${container.path("tmp/proof")}`);
    });

    test("says once why it does not listen yet, and goes to another address of the database", async () => {
        container.program("pgbouncer", lives);
        container.program("psql", 'n=$(cat tries 2> /dev/null || echo 0); echo $((n + 1)) > tries; [ $n = 1 ] && echo "10.0.0.7 STREAM db" > addresses; [ $n -ge 3 ] && echo 1 && exit; echo "no database" >&2; exit 1'); // prettier-ignore
        const { output } = await container.functions("prove; echo proved");
        expect(output).toBe("run: not listening yet, the database does not answer through the pool: no database\nproved\n");
        expect(container.read("signals")).toBe("HUP\nQUIT\n");
        expect(container.read("tmp/proof/ini")).toContain("host=10.0.0.7 port=5432");
    });
});

describe("watch", () => {
    const watched = `sleep 600 & pid=$!; sleep() { :; }`;

    test.each([
        ["no answer in time", "exit 124"],
        ["libpq's own timeout", 'echo "timeout expired" >&2; exit 2'],
        ["a full queue of the socket", 'echo "Resource temporarily unavailable" >&2; exit 2'],
    ])("kills pgbouncer after three misses: %s", async (_, psql) => {
        container.program("psql", psql);
        const { output } = await container.functions(`${watched}; watch; wait $pid; echo "ended by $?"`);
        const miss = "run: pgbouncer gave no answer on its console within 5 s\n";
        expect(output).toMatch(new RegExp(`^${miss}${miss}run: pgbouncer hangs: three times no answer`));
        expect(output).toContain("ended by 137\n");
    });

    test("forgives two misses before an answer, and takes an error for one", async () => {
        container.program("psql", 'n=$(cat tries 2> /dev/null || echo 0); echo $((n + 1)) > tries; case $n in 0 | 1 | 3 | 4) exit 124 ;; 2) exit 0 ;; *) echo "no more connections allowed" >&2; exit 2 ;; esac'); // prettier-ignore
        const { output } = await container.functions(`/bin/sleep 600 & pid=$!; sleep() { [ "$(cat tries 2> /dev/null)" != 8 ]; }
            watch; kill -0 $pid && echo alive`);
        expect(output).toBe(`${"run: pgbouncer gave no answer on its console within 5 s\n".repeat(4)}alive\n`);
    });
});

describe("drain and leave", () => {
    /** A console that answers SHOW LISTS from two files and writes down the other commands. */
    const console = `
case "$*" in *"SHOW VERSION"*) exit 0 ;; esac
while read -r command; do
    case $command in
        "SHOW LISTS;") echo "used_clients $(cat sessions)"; echo "login_clients $(cat logins)"; cp logins shown; echo 0 > logins ;;
        *) echo "$command $(cat shown) logging in" >> commands; [ "$command" = "SHUTDOWN WAIT_FOR_CLIENTS;" ] && [ -e ends ] && echo 1 > sessions ;;
    esac
done`;

    test("waits for a login that is under way, then for the sessions, then for their transactions", async () => {
        container.program("psql", console);
        container.write("sessions", "3\n");
        container.write("logins", "1\n");
        container.write("ends", "");
        const { output } = await container.functions("drain && echo drained");
        expect(output).toBe("drained\n");
        expect(container.read("commands")).toBe("SHUTDOWN WAIT_FOR_CLIENTS; 0 logging in\nSHUTDOWN WAIT_FOR_SERVERS; 0 logging in\n");
    });

    test("ends the sessions that stay after the time given", async () => {
        container.program("psql", console);
        container.write("sessions", "3\n");
        container.write("logins", "0\n");
        const from = Date.now();
        const { output } = await container.functions("drain_seconds=1; drain && echo drained");
        expect(output).toBe("drained\n");
        expect(Date.now() - from).toBeGreaterThan(900);
        expect(container.read("commands")).toContain("SHUTDOWN WAIT_FOR_SERVERS;");
    });

    test("sends SIGINT if the console does not take the commands", async () => {
        container.program("psql", 'case "$*" in *"SHOW VERSION"*) exit 0 ;; esac; echo "could not connect" >&2; exit 2');
        container.program("pgbouncer", lives);
        const { output } = await container.functions(`pgbouncer etc/pgbouncer.ini & pid=$!; sleep 600 & follower=$!; sleep 600 & watcher=$!
            while ! [ -S sockets/.s.PGSQL.6432 ]; do sleep 0.1; done; trap 'wait $pid; echo "ended by $?"' EXIT; leave`);
        expect(output).toContain("run: stopping: no new sessions; the ones here end within 5 s");
        expect(output).toContain("run: the console did not take the commands: sending SIGINT");
        expect(output).toMatch(/ended by 5\n$/);
    });

    test("kills a pgbouncer that hangs", async () => {
        container.program("psql", "exit 124");
        const { code, output } = await container.functions("sleep 600 & pid=$!; sleep 600 & follower=$!; sleep 600 & watcher=$!; leave");
        expect(output).toContain("run: stopping: pgbouncer hangs, so it is killed");
        expect(code).toBe(137);
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
        container.program("psql", 'echo "$* $PGPASSWORD $PGCONNECT_TIMEOUT" >> asked; echo 1');
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
