import { spawn } from "child_process";
import { Agent } from "http";
import { Socket } from "net";
import { Duplex } from "stream";
import { outlivesTerminal } from "./nohup";
import { DockerHost } from "../settings/settings";

/** The parts of a `docker:host` that begins with `ssh:`. */
export function sshParts(host: string): { login: string; user: string; port: string[]; path: string } {
    const { username, hostname, port, pathname } = new URL(host);
    const user = decodeURIComponent(username);
    const bare = hostname.replace(/^\[|\]$/g, ""); // ssh takes an IPv6 address without brackets
    return {
        login: user ? `${user}@${bare}` : bare,
        user,
        port: port ? ["-p", port] : [],
        path: pathname.replace(/^\/+$/, ""),
    };
}

/** Arguments of ssh for running `command` on the Docker host, as the provider calls it. If an option is given twice, ssh uses the first. */
export function sshArguments({ host, sshOpts }: DockerHost, command: string[], options: string[] = []): string[] {
    const { login, port } = sshParts(host);
    return [...options, ...sshOpts, ...port, "--", login, ...command];
}

/** The command that connects to the engine's socket on the far side. A path in the host's URL is that socket. */
export function dialStdio(host: string): string[] {
    const { path } = sshParts(host);
    return ["docker", ...(path ? [`--host=unix://${path}`] : []), "system", "dial-stdio"];
}

/** Milliseconds for which a connection waits for the next request. */
const idleTime = 15_000;

/** A connection to the far engine's socket, by the command that Docker's own client runs there. */
function overSsh(docker: DockerHost): Duplex {
    // Under nohup, in a session of its own. Else not: ssh asks for a passphrase on the terminal.
    const ssh = spawn("ssh", sshArguments(docker, dialStdio(docker.host)), { detached: outlivesTerminal });
    let errors = "";
    ssh.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    ssh.stdin.on("error", () => undefined); // stderr says why it broke
    const connection = new Duplex({
        allowHalfOpen: false, // so that one that the far side ends is not used again
        read: () => ssh.stdout.resume(),
        write: (chunk, encoding, done) => ssh.stdin.write(chunk, encoding, () => done()),
        final: (done) => (ssh.stdin.destroyed ? done() : ssh.stdin.end(done)), // a destroyed one would never say that it is done
        destroy: (cause, done) => {
            ssh.kill();
            done(cause);
        },
    });
    ssh.stdout.on("data", (chunk: Buffer) => connection.push(chunk) || ssh.stdout.pause());
    ssh.on("error", (cause) => connection.destroy(cause));
    // Not earlier: ssh may print its error after the engine's last byte.
    ssh.on("close", (code) => {
        if (code === 0) connection.push(null);
        else connection.destroy(new Error(`ssh: ${errors.trim() || `exit code ${code}`}`));
    });
    // Between two requests, it must not keep this process from ending, and does not wait for long: a network may drop it in silence.
    const handles = [ssh, ssh.stdin as Socket, ssh.stdout as Socket, ssh.stderr as Socket];
    let expiry: NodeJS.Timeout | undefined;
    const each = (call: "ref" | "unref") => () => {
        for (const handle of handles) handle[call]();
        clearTimeout(expiry);
        if (call === "unref") expiry = setTimeout(() => connection.destroy(), idleTime).unref();
        return connection;
    };
    // http calls these on a socket; a pipe has none of the first three.
    return Object.assign(connection, {
        setTimeout: () => connection,
        setNoDelay: () => connection,
        setKeepAlive: () => connection,
        ref: each("ref"),
        unref: each("unref"),
    });
}

/** Keeps connections to a far engine for the next request: each one is a session of ssh, and starts a docker command over there. */
class SshAgent extends Agent {
    constructor(private readonly docker: DockerHost) {
        super({ keepAlive: true, maxFreeSockets: 1 }); // sshd takes 10 sessions a connection (MaxSessions), for the provider too
    }

    createConnection(): Duplex {
        return overSsh(this.docker);
    }
}

const agents = new Map<string, SshAgent>();

/** The connections of this process to a far engine. */
export function sshAgent(docker: DockerHost): Agent {
    const key = JSON.stringify([docker.host, docker.sshOpts]);
    const agent = agents.get(key) ?? new SshAgent(docker);
    agents.set(key, agent);
    return agent;
}
