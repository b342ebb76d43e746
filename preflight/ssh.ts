import { execFile } from "child_process";
import { promisify } from "util";
import { configRemove, OfStack } from "../findings/commands";
import { Finding, warning } from "../findings/finding";
import { sshArguments } from "../host/ssh";
import { Settings } from "../settings/settings";

/** What is unsafe or slow about the way ssh would connect, by `ssh -G`: it knows the user's own configuration as well. */
export async function judgeSsh(settings: Pick<Settings, "docker" | "stack">): Promise<Finding[]> {
    const { docker } = settings;
    if (!docker.host.startsWith("ssh:")) return [];
    const { stdout } = await promisify(execFile)("ssh", sshArguments(docker, [], ["-G"])).catch(() => ({ stdout: "" }));
    return stdout === "" ? [] : judgeSshConfig(stdout, settings); // if ssh itself fails, the connection says why
}

/** The same, by what `ssh -G` printed. */
export function judgeSshConfig(printed: string, stack: OfStack): Finding[] {
    const option = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(printed)?.[1] ?? "";
    const remove = configRemove(stack, "docker:sshOpts");
    const findings: Finding[] = [];
    if (["no", "off", "false", "accept-new"].includes(option("stricthostkeychecking"))) {
        findings.push(
            warning(
                `docker:sshOpts: the host's key is not checked (StrictHostKeyChecking ${option("stricthostkeychecking")}), so another host may answer in its place`,
                `${remove}, and move this host's options into ~/.ssh/config`,
            ),
        );
    }
    if (option("controlmaster") === "false" || ["", "none"].includes(option("controlpath"))) {
        findings.push(
            warning(
                `docker:sshOpts: each call makes a connection of its own, and sshd's MaxStartups refuses some of them`,
                `${remove}   (the options in Pulumi.yaml share one connection), and move this host's options into ~/.ssh/config`,
            ),
        );
    }
    return findings;
}
