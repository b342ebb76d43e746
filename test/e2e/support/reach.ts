import * as net from "net";
import * as os from "os";
import { program } from "../../../cli/verify/programs";
import { run } from "../../../lab/run";

/** Which of these `[host, port]` a container connects to, as `host:port`. Each is tried from inside. */
export async function reachedFrom(container: string, places: [string, number][]): Promise<string[]> {
    const said = await run("docker", ["exec", container, "/venv/bin/python3", "-c", program("reach.py"), JSON.stringify(places)]);
    return said.trim().split("\n").filter(Boolean).sort();
}

/** Listens on every address of this machine while `work` runs, which gets the port. */
export async function listening<T>(work: (port: number) => Promise<T>): Promise<T> {
    const server = net.createServer((socket) => socket.destroy()).listen(0, "0.0.0.0");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
        return await work((server.address() as net.AddressInfo).port);
    } finally {
        server.close();
    }
}

/** This machine's own addresses, with those of the engine's bridges. */
export const ownAddresses = (): string[] =>
    Object.values(os.networkInterfaces())
        .flatMap((each) => each ?? [])
        .filter(({ family, internal }) => family === "IPv4" && !internal)
        .map(({ address }) => address);

/** The addresses of a container, one on each of its networks. */
export async function addressesOf(container: string): Promise<string[]> {
    const said = await run("docker", ["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container]);
    return said.trim().split(/\s+/);
}
