import { spawn, execFile } from "child_process";
import { Duplex } from "stream";
import { promisify } from "util";
import { DockerHost } from "../settings/settings";
import { Finding, warning } from "../findings/finding";

/** What a `docker:host` of ssh's names. */
function parts(host: string): { login: string; user: string; port: string[]; path: string } {
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

/** Arguments of ssh for running `command` on the Docker host, as the provider calls it; of an option given twice, ssh takes the first. */
export function sshArguments({ host, sshOpts }: DockerHost, command: string[], options: string[] = []): string[] {
    const { login, port } = parts(host);
    return [...options, ...sshOpts, ...port, "--", login, ...command];
}

/** The command that leads to the engine's socket on the far side; a path in the host's URL is that socket. */
export function dialStdio(host: string): string[] {
    const { path } = parts(host);
    return ["docker", ...(path ? [`--host=unix://${path}`] : []), "system", "dial-stdio"];
}

/** A connection to the far engine's socket, by the same command that Docker's own client runs there. */
export function overSsh(docker: DockerHost): Duplex {
    const ssh = spawn("ssh", sshArguments(docker, dialStdio(docker.host)));
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

/** How a person calls ssh for this host, and what else a remedy names. */
interface Words {
    ssh: string;
    login: string;
    user: string;
    /** As known_hosts has it. */
    knownAs: string;
    /** Ends the shared connection, which still has the rights with which it was made. */
    endShared: string;
}

const elsewhere = "pulumi config set docker:host ssh://USER@HOST";

// By what ssh or the far side printed. The first that matches counts, so a more special one comes before what it is printed with.
const remedies: [RegExp, (words: Words) => string][] = [
    [/spawn ssh ENOENT/, () => "install ssh's client on this machine (Debian: apt-get install openssh-client)"],
    [/Bad owner or permissions on (\S+)/, () => "chmod 600 ~/.ssh/config"],
    [/Bad configuration option|garbage at end of line|bad configuration options|no argument after keyword/i, ({ ssh }) => `take the line that it names out of ~/.ssh/config, until this works: ${ssh} true`],
    [/UNPROTECTED PRIVATE KEY FILE/, () => "chmod 600 KEYFILE   (the one that it names)"],
    [
        /HOST IDENTIFICATION HAS CHANGED/,
        ({ ssh, knownAs }) => `ask the host's keeper why it has another key; only if that is right: ssh-keygen -R '${knownAs}' && ${ssh} true`,
    ],
    [/host key is known|Host key verification failed/, ({ ssh }) => `accept the host's key once by hand, and compare what it shows with what the host's keeper says: ${ssh} true`],
    [/Too many authentication failures/, () => "name the one key for this host in ~/.ssh/config (Host, IdentityFile, IdentitiesOnly yes): the agent offers too many"],
    [/Permission denied \(/, () => "load the key that this host takes (ssh-add FILE), or name it in ~/.ssh/config (Host, User, IdentityFile)"],
    [/Could not resolve hostname/, () => `write the host's name right, or take its address: ${elsewhere}`],
    [/no matching (host key type|key exchange method|cipher|MAC)/, () => "allow in ~/.ssh/config (Host, HostKeyAlgorithms or KexAlgorithms) what the host offers, or update its sshd"],
    [
        /docker: (command )?not found|exec: "?docker|docker: No such file/,
        ({ ssh }) => `install Docker on that host, until this works: ${ssh} docker version   (it may be there, but not on the PATH of a shell without a login); or name the host that has it: ${elsewhere}`,
    ],
    [
        /permission denied while trying to connect to the [Dd]ocker|dial unix \S+: connect: permission denied/,
        ({ user, endShared }) => `let this login use Docker: as root on that host, usermod -aG docker ${user || "USER"}; then here, ${endShared}`,
    ],
    [/Is the docker daemon running|dial unix \S+: connect: (no such file|connection refused)/, ({ ssh }) => `start Docker there: ${ssh} systemctl start docker`],
    [/This account is currently not available|This service allows sftp connections only/, () => `take a login that has a shell there: ${elsewhere}`],
    [/connect to host .*Connection refused/, ({ ssh }) => `start sshd there, or name its port (ssh://USER@HOST:PORT), until this works: ${ssh} true; or name another: ${elsewhere}`],
    [
        /connect to host|banner exchange|kex_exchange_identification|not responding|^(ssh: )?Connection (reset|closed) by/m,
        ({ ssh }) => `see that the host is up and lets this machine in, until this works: ${ssh} true; or name another: ${elsewhere}`,
    ],
    [/cannot bind to path|ControlPath too long|unix_listener/, () => "the shared connection's socket needs its folder: mkdir -p -m 700 ~/.ssh"],
]; // prettier-ignore

/** What fixes a failure of ssh, by what it said; undefined where that is not known. */
export function sshRemedy({ host, sshOpts }: DockerHost, said: string): string | undefined {
    if (!host.startsWith("ssh:")) return undefined;
    const { login, user, port } = parts(host);
    const name = login.slice(login.indexOf("@") + 1);
    const shared = sshOpts.find((option) => /^ControlPath=/i.test(option));
    const words = {
        ssh: ["ssh", ...port, login].join(" "),
        login,
        user,
        knownAs: port[1] === undefined || port[1] === "22" ? name : `[${name}]:${port[1]}`,
        endShared: ["ssh", ...(shared ? ["-o", shared] : []), "-O", "exit", ...port, login].join(" "),
    };
    return remedies.find(([pattern]) => pattern.test(said))?.[1](words);
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
                `docker:sshOpts: the host's key is not checked (StrictHostKeyChecking ${option("stricthostkeychecking")}), so another host may answer in its place. ` +
                    `Fix: pulumi config rm docker:sshOpts, and what is special about this host into ~/.ssh/config`,
            ),
        );
    }
    if (option("controlmaster") === "false" || ["", "none"].includes(option("controlpath"))) {
        found.push(
            warning(
                `docker:sshOpts: each call makes a connection of its own, and sshd's MaxStartups turns some away. ` +
                    `Fix: pulumi config rm docker:sshOpts   (Pulumi.yaml's shares one), and what is special about this host into ~/.ssh/config`,
            ),
        );
    }
    return found;
}
