import { spawn } from "child_process";
import { Duplex } from "stream";
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

/** A connection to the far engine's socket, by the command that Docker's own client runs there. */
export function overSsh(docker: DockerHost): Duplex {
    const ssh = spawn("ssh", sshArguments(docker, dialStdio(docker.host)));
    let errors = "";
    ssh.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    ssh.stdin.on("error", () => undefined); // stderr says why it broke
    const connection = new Duplex({
        read: () => ssh.stdout.resume(),
        write: (chunk, encoding, done) => ssh.stdin.write(chunk, encoding, () => done()),
        final: (done) => ssh.stdin.end(done),
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
    // http calls these on a socket; a pipe has none of them.
    return Object.assign(connection, {
        setTimeout: () => connection,
        setNoDelay: () => connection,
        setKeepAlive: () => connection,
        ref: () => connection,
        unref: () => connection,
    });
}
