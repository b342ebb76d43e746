import * as fs from "fs";
import * as path from "path";
import { run } from "../../../lab/run";

export interface Taken {
    /** The provider's settings, each as pgAdmin's configuration has them. */
    providers: object[];
    /** Rows of pgAdmin's table `server`. */
    servers: Record<string, unknown>[];
}

/** Has pgAdmin in this container take identity providers (each a SIDECAR_OIDC) and server entries, beside its own, and returns what it has then. */
export async function readBack(container: string, given: { providers: string[]; servers: Record<string, object> }): Promise<Taken> {
    const program = fs.readFileSync(path.join(__dirname, "pgadminreadback.py"), "utf8");
    const printed = await run("docker", ["exec", "-i", container, "/venv/bin/python3", "-c", program], { input: JSON.stringify(given) });
    return JSON.parse(printed) as Taken;
}
