import { configSet, OfStack } from "../findings/commands";
import { DockerHost } from "../settings/settings";
import { sshParts } from "./ssh";

/** What the fixes name. */
interface Words {
    /** How a person calls ssh for this host. */
    ssh: string;
    login: string;
    user: string;
    /** The host's name in known_hosts. */
    knownAs: string;
    /** The command that sets another host. */
    elsewhere: string;
    /** The command that ends the shared connection: it still has the rights with which it was opened. */
    endShared: string;
}

// By what ssh or the far side printed. The first that matches counts, so a special message comes before the general one that is printed with it.
const fixes: [RegExp, (words: Words) => string][] = [
    [/spawn ssh ENOENT/, () => "install ssh's client on this machine (Debian: apt-get install openssh-client)"],
    [/Bad owner or permissions on (\S+)/, () => "chmod 600 ~/.ssh/config"],
    [/Bad configuration option|garbage at end of line|bad configuration options|no argument after keyword/i, ({ ssh }) => `take the line that it names out of ~/.ssh/config, until this works: ${ssh} true`],
    [/UNPROTECTED PRIVATE KEY FILE/, () => "chmod 600 KEYFILE   (the one that it names)"],
    [
        /HOST IDENTIFICATION HAS CHANGED/,
        ({ ssh, knownAs }) => `ask the host's administrator why its key has changed; only if that is right: ssh-keygen -R '${knownAs}' && ${ssh} true`,
    ],
    [/host key is known|Host key verification failed/, ({ ssh }) => `accept the host's key once by hand, and compare its fingerprint with the one that the host's administrator gives you: ${ssh} true`],
    [/Too many authentication failures/, () => "name the one key for this host in ~/.ssh/config (Host, IdentityFile, IdentitiesOnly yes): the agent offers too many"],
    [/Permission denied \(/, () => "load the key that this host accepts (ssh-add FILE), or name it in ~/.ssh/config (Host, User, IdentityFile)"],
    [/Could not resolve hostname/, ({ elsewhere }) => `correct the host's name, or take its address: ${elsewhere}`],
    [/no matching (host key type|key exchange method|cipher|MAC)/, () => "allow in ~/.ssh/config (Host, HostKeyAlgorithms or KexAlgorithms) what the host offers, or update its sshd"],
    [
        /docker: (command )?not found|exec: "?docker|docker: No such file/,
        ({ ssh, elsewhere }) => `install Docker on that host, until this works: ${ssh} docker version   (it may be there, but not on the PATH of a shell without a login); or name the host that has it: ${elsewhere}`,
    ],
    [
        /permission denied while trying to connect to the [Dd]ocker|dial unix \S+: connect: permission denied/,
        ({ user, endShared }) => `let this login use Docker: as root on that host, usermod -aG docker ${user || "USER"}; then here, ${endShared}`,
    ],
    [/Is the docker daemon running|dial unix \S+: connect: (no such file|connection refused)/, ({ ssh }) => `start Docker there: ${ssh} systemctl start docker`],
    [/This account is currently not available|This service allows sftp connections only/, ({ elsewhere }) => `use a login that has a shell there: ${elsewhere}`],
    [/connect to host .*Connection refused/, ({ ssh, elsewhere }) => `start sshd there, or name its port (ssh://USER@HOST:PORT), until this works: ${ssh} true; or name another: ${elsewhere}`],
    [
        /connect to host|banner exchange|kex_exchange_identification|not responding|^(ssh: )?Connection (reset|closed) by/m,
        ({ ssh, elsewhere }) => `check that the host is up and that its firewall lets this machine in, until this works: ${ssh} true; or name another: ${elsewhere}`,
    ],
    [/cannot bind to path|ControlPath too long|unix_listener/, () => "the shared connection's socket needs its folder: mkdir -p -m 700 ~/.ssh"],
]; // prettier-ignore

/** What fixes a failure of ssh, by its message; undefined if no fix is known. */
export function sshFix({ host, sshOpts }: DockerHost, message: string, stack: OfStack): string | undefined {
    if (!host.startsWith("ssh:")) return undefined;
    const { login, user, port } = sshParts(host);
    const name = login.slice(login.indexOf("@") + 1);
    const shared = sshOpts.find((option) => /^ControlPath=/i.test(option));
    const words = {
        ssh: ["ssh", ...port, login].join(" "),
        login,
        user,
        elsewhere: configSet(stack, "docker:host", "ssh://USER@HOST"),
        knownAs: port[1] === undefined || port[1] === "22" ? name : `[${name}]:${port[1]}`,
        endShared: ["ssh", ...(shared ? ["-o", shared] : []), "-O", "exit", ...port, login].join(" "),
    };
    return fixes.find(([pattern]) => pattern.test(message))?.[1](words);
}
