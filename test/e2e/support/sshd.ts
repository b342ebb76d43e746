import { ChildProcess, spawn } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { socket } from "../../../lab/engine";
import { need } from "../../../lab/machine";
import { attempt, run, until } from "../../../lab/run";
import { load } from "js-yaml";
import { project } from "../../../lab/paths";

const user = os.userInfo().username;

/** An sshd of the test's own on loopback, with keys of its own; what it leads to is this machine, and so the lab's engine. */
export class Sshd {
    private constructor(
        private readonly folder: string,
        private readonly server: ChildProcess,
        readonly port: number,
    ) {}

    static async start(port: number): Promise<Sshd> {
        await need("sshd", ["openssh-server"], "to be the far end of docker:host ssh://…");
        await need("ssh", ["openssh-client"], "to go there");
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-sshd-")); // short: a socket's path has 108 bytes at most
        const inFolder = (name: string) => path.join(folder, name);
        for (const key of ["host", "other", "user", "stranger", "nodocker", "norights", "down"]) {
            await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", inFolder(key)]);
        }
        const key = (name: string) => fs.readFileSync(inFolder(`${name}.pub`), "utf8");
        // Under this key the far side looks as if there were no Docker on it.
        const without = `command="PATH=/nowhere exec /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"" ${key("nodocker")}`;
        // Under these it is another's engine, or one that does not run.
        const as = (prefix: string, name: string) => `command="exec ${prefix} /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"" ${key(name)}`;
        const norights = as("setpriv --reuid=65534 --regid=65534 --clear-groups", "norights");
        // The command names the engine's socket if it is not the usual one.
        const down = `command="exec env DOCKER_HOST=unix:///nowhere/docker.sock /bin/sh -c \\"$(echo $SSH_ORIGINAL_COMMAND | sed 's/--host=[^ ]*//')\\"" ${key("down")}`;
        fs.writeFileSync(inFolder("authorized_keys"), key("user") + without + norights + down);
        const known = (name: string) =>
            ["127.0.0.1", "::1"].map((host) => `[${host}]:${port} ${key(name).split(" ").slice(0, 2).join(" ")}\n`).join("");
        fs.writeFileSync(inFolder("known_hosts"), known("host"));
        fs.writeFileSync(inFolder("changed"), known("other"));
        fs.writeFileSync(
            inFolder("config"),
            [
                `ListenAddress 127.0.0.1:${port}`,
                `ListenAddress [::1]:${port}`,
                `HostKey ${inFolder("host")}`,
                `AuthorizedKeysFile ${inFolder("authorized_keys")}`,
                "PidFile none",
                "StrictModes no",
                "UsePAM no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password",
                "MaxStartups 3", // no more at once that have not logged in yet
                "LogLevel VERBOSE",
                "",
            ].join("\n"),
        );
        if (process.getuid?.() === 0) fs.mkdirSync("/run/sshd", { recursive: true });
        const program = (await run("sh", ["-c", "PATH=$PATH:/usr/sbin command -v sshd"])).trim();
        const server = spawn(program, ["-D", "-f", inFolder("config"), "-E", inFolder("log")], { stdio: "ignore" });
        const started = new Sshd(folder, server, port);
        await until("sshd", 10, () => Promise.resolve(started.log().includes("Server listening")));
        return started;
    }

    get dockerHost(): string {
        return this.dockerHostAt("127.0.0.1");
    }

    /** The same by another of its addresses. An engine whose socket is not the usual one is named by its path. */
    dockerHostAt(address: string, port = this.port): string {
        const { pathname } = new URL(process.env.DOCKER_HOST ?? socket);
        return `ssh://${user}@${address}:${port}${pathname === "/var/run/docker.sock" ? "" : pathname}`;
    }

    /** `docker:sshOpts`: those that Pulumi.yaml has, but with keys, known hosts and a shared connection of the test's own. */
    sshOpts({ key = "user", knownHosts = "known_hosts" } = {}): string[] {
        const { config } = load(fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8")) as {
            config: { "docker:sshOpts": { value: string[] } };
        };
        const own = config["docker:sshOpts"].value.map((option) =>
            option.startsWith("ControlPath=") ? `ControlPath=${this.folder}/${key}-%C` : option,
        );
        const file = (name: string) => path.join(this.folder, name);
        return [...own, "-o", `IdentityFile=${file(key)}`, "-o", "IdentitiesOnly=yes", "-o", `UserKnownHostsFile=${file(knownHosts)}`];
    }

    log(): string {
        const file = path.join(this.folder, "log");
        return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    }

    /** Connections that logged in, those that were turned away because too many were about to, and commands that ran in them. */
    counts(): { logins: number; refused: number; commands: number } {
        const count = (pattern: RegExp) => this.log().match(pattern)?.length ?? 0;
        return {
            logins: count(/Accepted publickey/g),
            refused: count(/drop connection|MaxStartups throttling|beginning MaxStartups/g),
            commands: count(/Starting session: command/g),
        };
    }

    /** Cuts every connection in the middle of whatever goes over it. */
    async cut(): Promise<void> {
        for (const pid of await this.sessions()) await attempt("sh", ["-c", `kill -9 $(pgrep -P ${pid}) ${pid}`]);
    }

    /** Hangs as a host whose network is gone: no connection is ended, none gets an answer. Returns what ends it. */
    async hang(): Promise<() => Promise<unknown>> {
        const all = [String(this.server.pid), ...(await this.sessions())];
        await run("kill", ["-STOP", ...all]);
        return () => attempt("kill", ["-CONT", ...all]); // some may have ended
    }

    /** The processes of its connections. */
    private async sessions(): Promise<string[]> {
        return (await attempt("pgrep", ["-P", String(this.server.pid)])).stdout.trim().split("\n").filter(Boolean);
    }

    async stop(): Promise<void> {
        await this.cut();
        this.server.kill();
        fs.rmSync(this.folder, { recursive: true });
    }
}
