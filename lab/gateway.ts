import { run } from "./run";

/** This machine's address on a Docker network. */
export async function gatewayOf(network: string): Promise<string> {
    return (await run("docker", ["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network])).trim();
}
