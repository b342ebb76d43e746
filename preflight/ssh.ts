import { spawn, execFile } from "child_process";
import { Duplex } from "stream";
import { promisify } from "util";
import { DockerHost } from "../settings";
import { Finding, warning } from "./finding";

/** Arguments of ssh for running `command` on the Docker host, as the provider calls it; of an option given twice, ssh takes the first. */
export function sshArguments({ host, sshOpts }: DockerHost, command: string[], options: string[] = []): string[] {
    const url = new URL(host);
    const login = url.username ? `${url.username}@${url.hostname}` : url.hostname;
    return [...options, ...sshOpts, ...(url.port ? ["-p", url.port] : []), "--", login, ...command];
}

/** A connection to the far engine's socket, by the same command that Docker's own client runs there. */
export function overSsh(docker: DockerHost): Duplex {
    const ssh = spawn("ssh", sshArguments(docker, ["docker", "system", "dial-stdio"]));
    let said = "";
    ssh.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    ssh.stdin.on("error", () => undefined); // why it broke, stderr says
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
    // Only now, as what ssh says may come after the end of what the engine said.
    ssh.on("close", (code) => {
        if (code === 0) connection.push(null);
        else connection.destroy(new Error(`ssh: ${said.trim() || `exit code ${code}`}`));
    });
    // http asks a socket for these; a pipe has none of them.
    return Object.assign(connection, {
        setTimeout: () => connection,
        setNoDelay: () => connection,
        setKeepAlive: () => connection,
        ref: () => connection,
        unref: () => connection,
    });
}

const remedies: [RegExp, string][] = [
    [/Permission denied \(/, "load the key that this host takes (ssh-add FILE), or name it in ~/.ssh/config (Host, User, IdentityFile)"],
    [/host key is known|Host key verification failed/, "ask the host's keeper for its key, and accept it once by hand: ssh LOGIN"],
    [/HOST IDENTIFICATION HAS CHANGED/, "find out why the host has another key; only then: ssh-keygen -R HOST"],
    [
        /docker: (command )?not found/,
        "install Docker on that host, or name the host that has it: pulumi config set docker:host ssh://USER@HOST",
    ],
    [/permission denied while trying to connect to the [Dd]ocker/, "let this login use Docker there (usermod -aG docker USER)"],
    [
        /connect to host|Could not resolve hostname|banner exchange|kex_exchange_identification|not responding/,
        "see that the host is up: ssh LOGIN; or name another: pulumi config set docker:host ssh://USER@HOST",
    ],
    [/cannot bind to path|ControlPath too long/, "the shared connection's socket needs its folder: mkdir -p -m 700 ~/.ssh"],
];

/** What mends a failure of ssh, by what it said; undefined where that is not known. */
export function sshRemedy(said: string): string | undefined {
    return remedies.find(([pattern]) => pattern.test(said))?.[1];
}

/** What speaks against the way ssh would go, by `ssh -G`, which knows the user's own configuration as well. */
export async function judgeSsh(docker: DockerHost): Promise<Finding[]> {
    if (!docker.host.startsWith("ssh:")) return [];
    const { stdout } = await promisify(execFile)("ssh", sshArguments(docker, [], ["-G"])).catch(() => ({ stdout: "" }));
    return stdout === "" ? [] : judgeSshConfig(stdout); // what is wrong, the connection itself will say
}

/** The same, by what it printed. */
export function judgeSshConfig(printed: string): Finding[] {
    const option = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(printed)?.[1] ?? "";
    const found: Finding[] = [];
    if (["no", "off", "false", "accept-new"].includes(option("stricthostkeychecking"))) {
        found.push(
            warning(
                `docker:sshOpts: the host's key is not checked (StrictHostKeyChecking ${option("stricthostkeychecking")}), so another may stand in its place. ` +
                    `Mend it: pulumi config rm docker:sshOpts, and what is special about this host into ~/.ssh/config`,
            ),
        );
    }
    if (option("controlmaster") === "false" || ["", "none"].includes(option("controlpath"))) {
        found.push(
            warning(
                `docker:sshOpts: each call makes a connection of its own, and sshd's MaxStartups turns some away. ` +
                    `Mend it: pulumi config rm docker:sshOpts   (Pulumi.yaml's shares one), and what is special about this host into ~/.ssh/config`,
            ),
        );
    }
    return found;
}
