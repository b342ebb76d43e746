import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";

/** Files of the pooler's container. */
export const scripts = ["common", "accept", "run", "health", "pause"] as const;

/** Where a script is here. */
export const scriptFile = (name: string) => path.join(__dirname, name);

/** What only another container takes. Any other setting of the pooler is reloaded. */
export interface RollArgs {
    pgbouncerImage: string;
    pgbouncerAlias: string;
    listenPort: number;
    processes: number;
    pgbouncerStopGrace: number;
}

/** Value of the label `pg-sidecar.pooler`: while it stays the same, `pulumi up` does not roll the pooler. */
export function rollKey({ pgbouncerImage, pgbouncerAlias, listenPort, processes, pgbouncerStopGrace }: RollArgs): string {
    const texts = scripts.map((name) => fs.readFileSync(scriptFile(name), "utf8"));
    const parts = [pgbouncerImage, pgbouncerAlias, listenPort, processes, pgbouncerStopGrace, ...texts];
    return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}
