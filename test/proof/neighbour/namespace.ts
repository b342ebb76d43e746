import { ChildProcess, spawn } from "child_process";
import { once } from "events";
import * as fs from "fs";
import * as net from "net";
import { need } from "../../../lab/machine";
import { attempt, run, until } from "../../../lab/run";

/** The host's side of the cable. */
export const card = "neighbour0";
const [host, own] = ["198.18.77.1", "198.18.77.2"];

/** What the host says of its side, or nothing. Not by /sys, which a lab apart has from the machine. */
const cable = async () => (await attempt("ip", ["-o", "link", "show", card])).stdout;

/** A machine on the host's own network segment, which sets routes through the host: a network namespace at the end of a cable. */
export class Neighbour {
    private constructor(private readonly process: ChildProcess) {}

    /** Stop it by `stop`. `subnets` are the networks that it sets a route to, beside the host's own loopback. */
    static async start(subnets: string[]): Promise<Neighbour> {
        if (process.getuid?.() !== 0) throw new Error("a network namespace and firewall rules take root. Fix: run the proof as root");
        await need("ip", ["iproute2"], "to lay a cable to a neighbour of the host");
        const neighbour = new Neighbour(spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" }));
        try {
            const ours = fs.readlinkSync("/proc/self/ns/net");
            const theirs = () => fs.readlinkSync(`/proc/${neighbour.process.pid}/ns/net`);
            await until("the neighbour's namespace", 5, () => Promise.resolve(theirs() !== ours));
            await neighbour.connect(subnets);
            return neighbour;
        } catch (error) {
            await neighbour.stop();
            throw error;
        }
    }

    private async connect(subnets: string[]): Promise<void> {
        const ip = (...args: string[]) => run("ip", args);
        await ip("link", "add", card, "type", "veth", "peer", "name", "eth0", "netns", String(this.process.pid));
        await ip("addr", "add", `${host}/24`, "dev", card);
        await ip("link", "set", card, "up");
        await run(...this.inside("ip", "addr", "add", `${own}/24`, "dev", "eth0"));
        await run(...this.inside("ip", "link", "set", "eth0", "up"));
        await run(...this.inside("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet"));
        for (const subnet of [...subnets, "127.0.0.1/32"]) await run(...this.inside("ip", "route", "add", subnet, "via", host));
        await until("the cable", 5, async () => (await cable()).includes("LOWER_UP"));
        await this.proveCable();
    }

    /** Otherwise a neighbour that is cut off would pass for one that is kept out. */
    private async proveCable(): Promise<void> {
        const server = net.createServer().listen(0, host);
        await once(server, "listening");
        const reached = await this.reaches(host, (server.address() as net.AddressInfo).port);
        server.close();
        if (!reached) throw new Error("the neighbour does not even reach the host's own port");
    }

    /** A command in the neighbour's network. `ip netns` would need a name, and so could leave one behind. */
    private inside(...command: string[]): [string, string[]] {
        return ["nsenter", ["--net", "-t", String(this.process.pid), ...command]];
    }

    /** Whether a connection is made within 3 s. */
    async reaches(address: string, port: number): Promise<boolean> {
        return (await attempt(...this.inside("timeout", "3", "bash", "-c", `exec 3<> /dev/tcp/${address}/${port}`))).code === 0;
    }

    /** The cable goes with its far end. */
    async stop(): Promise<void> {
        this.process.kill("SIGKILL");
        await until("the cable to be gone", 10, async () => (await cable()) === "");
    }
}
