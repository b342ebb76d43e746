import { attempt, run } from "../../lab/run";
import { Report } from "../../cli/verify/check";
import { Outputs, sidecar, Sidecar, up } from "../e2e/support/stack";
import { card, Neighbour } from "./neighbour/namespace";
import { Proof, Result } from "./proof";

interface Target {
    what: string;
    address: string;
    port: number;
}

/** What the neighbour reached of each target, by the kernel's policy, and once the rules of docs/SECURITY.md were added. */
export interface Reached {
    targets: Pick<Target, "what">[];
    /** By `iptables -P FORWARD`. */
    accept: boolean[];
    drop: boolean[];
    /** With the rules, under ACCEPT. */
    ruled: boolean[];
    /** Whether `verify` warns of published ports. */
    warned: boolean;
    /** Whether the host itself reached pgAdmin while the rules were in force. */
    hostReaches: boolean;
}

async function targetsOf(on: Sidecar, out: Outputs): Promise<Target[]> {
    const address = (container: string, network: string) => run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container]).then((said) => said.trim()); // prettier-ignore
    return [
        { what: "`pgadminPort` on 127.0.0.1", address: "127.0.0.1", port: on.lab.pgadminPort },
        { what: "pgAdmin at its own address", address: await address(out.pgadminContainer, out.networks.sidecar), port: 80 },
        {
            what: "the pooler on the database's network, which publishes nothing",
            address: await address(out.pgbouncerContainer, out.networks.database),
            port: 6432,
        },
        { what: "the database's port, published on 127.0.0.1", address: "127.0.0.1", port: on.lab.databasePort },
    ];
}

async function attack(on: Sidecar, out: Outputs): Promise<Reached> {
    const subnetOf = async (network: string) => (await run("docker", ["network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network])).trim(); // prettier-ignore
    const subnets = [await subnetOf(out.networks.sidecar), await subnetOf(out.networks.database)];
    const targets = await targetsOf(on, out);
    const policy = /^-P FORWARD (\w+)/m.exec(await run("iptables", ["-S", "FORWARD"]))![1]!;
    const rules = subnets.map((subnet) => ["DOCKER-USER", "-i", card, "-d", subnet, "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"]);
    const neighbour = await Neighbour.start(subnets);
    const reached = () => Promise.all(targets.map(({ address, port }) => neighbour.reaches(address, port)));
    const added: string[][] = [];
    try {
        await run("iptables", ["-P", "FORWARD", "DROP"]);
        const drop = await reached();
        await run("iptables", ["-P", "FORWARD", "ACCEPT"]);
        const accept = await reached();
        for (const rule of rules) {
            await run("iptables", ["-I", ...rule]);
            added.push(rule);
        }
        const ruled = await reached();
        const hostReaches = (await attempt("curl", ["-sfm", "5", "-o", "/dev/null", `${out.pgadminUrl}/misc/ping`])).code === 0;
        const verified = await attempt("./sidecar", ["verify", "--stack", "local", "--only", "ports", "--json"], { env: on.env });
        const [ports] = (JSON.parse(verified.stdout) as { checks: Report[] }).checks;
        return { targets, accept, drop, ruled, hostReaches, warned: ports!.result === "warning" };
    } finally {
        for (const rule of added) await run("iptables", ["-D", ...rule]);
        await run("iptables", ["-P", "FORWARD", policy]);
        await neighbour.stop();
    }
}

/** Passes if `verify` warns on just those engines whose published ports a neighbour reaches, and if the rules close all. */
export function judge({ targets, accept, drop, ruled, hostReaches, warned }: Reached): Result {
    const word = (reached: boolean) => (reached ? "reached" : "not reached");
    const open = [...accept, ...drop].some(Boolean);
    return {
        passed: warned === open && !ruled.some(Boolean) && hostReaches,
        partial: false,
        summary:
            `\`verify\` ${warned ? "warns" : "does not warn"} of the published ports. With the rules of docs/SECURITY.md, ` +
            `the host itself ${hostReaches ? "still reached" : "no longer reached"} pgAdmin.`,
        head: ["from the neighbour", "the kernel forwards by default (`ACCEPT`)", "not by default (`DROP`)", "`ACCEPT`, with the rules"],
        rows: targets.map(({ what }, at) => [what, word(accept[at]!), word(drop[at]!), word(ruled[at]!)]),
    };
}

export const neighbourProof: Proof = {
    name: "neighbour",
    proves: "`verify` warns where a neighbour of the Docker host reaches what is published on loopback, and the rules of docs/SECURITY.md close it",
    options: [],
    run: async () => {
        const on = await sidecar();
        Object.assign(process.env, on.env);
        return judge(await attack(on, await up(on)));
    },
};
