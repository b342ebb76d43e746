import { ChildProcess, spawn } from "child_process";
import { randomBytes } from "crypto";
import * as path from "path";
import { gatewayOf } from "../../../../lab/gateway";
import { freePort } from "../../../../lab/identity";
import { project } from "../../../../lab/paths";

/** What the provider serves. */
export interface Served {
    issuer: string;
    port: number;
    client: { client_id: string; client_secret: string; redirect_uris: string[] };
}

/** A real OpenID Connect provider in a process of its own, on this host's address on a Docker network: containers and browsers reach it there. */
export class IdentityProvider {
    private constructor(
        readonly served: Served,
        private readonly child: ChildProcess,
    ) {}

    /** Starts it for the pgAdmin at `pgadminUrl`. */
    static async start(network: string, pgadminUrl: string): Promise<IdentityProvider> {
        const gateway = await gatewayOf(network);
        const port = await freePort(9400);
        const client_secret = randomBytes(24).toString("base64url");
        const client = { client_id: "pgadmin-of-a-test", client_secret, redirect_uris: [`${pgadminUrl}/oauth2/authorize`] };
        const served = { issuer: `http://${gateway}:${port}`, port, client };
        const child = spawn(process.execPath, ["--require", "ts-node/register/transpile-only", path.join(__dirname, "serve.ts")], {
            cwd: project,
            env: { ...process.env, SERVED: JSON.stringify(served) },
        });
        let said = "";
        child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
        await new Promise<void>((resolve, reject) => {
            child.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("READY") && resolve());
            child.on("exit", (code) => reject(new Error(`the identity provider ended with ${code}:\n${said}`)));
        });
        return new IdentityProvider(served, child);
    }

    stop(): void {
        this.child.stdin!.end();
    }
}
