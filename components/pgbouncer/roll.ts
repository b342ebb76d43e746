import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";

/** Files of the pooler's container. */
export const scripts = ["common", "accept", "run", "health", "pause"] as const;

/** Where a script is here. */
export const scriptFile = (name: string) => path.join(__dirname, name);

/** The settings that need a new container. Any other setting of the pooler is reloaded, except `databaseNetwork`. */
export interface RollArgs {
    pgbouncerImage: string;
    pgbouncerAlias: string;
    listenPort: number;
    processes: number;
    pgbouncerStopGrace: number;
    /** As it is set, or as a number. */
    pgbouncerCpus: string | number;
    pgbouncerFiles: number;
    pgbouncerMemory: number;
    /** Whether it is 0, and the next, decide how the sidecar's network is made; another network takes another container. */
    pgadminPort: number;
    pgadminEgress: boolean;
    /** Whether the sockets are on a volume. */
    metrics: boolean;
}

/** Value of the label `pg-sidecar.pooler`. While it stays the same, no changed setting rolls the pooler, except `databaseNetwork`. */
export function rollKey(args: RollArgs): string {
    const { pgbouncerImage, pgbouncerAlias, listenPort, processes, pgbouncerStopGrace } = args;
    const limits = [Number(args.pgbouncerCpus), args.pgbouncerFiles, args.pgbouncerMemory];
    const network = [args.pgadminPort !== 0, args.pgadminEgress];
    const texts = scripts.map((name) => fs.readFileSync(scriptFile(name), "utf8"));
    const metrics = args.metrics ? ["metrics"] : [];
    const parts = [pgbouncerImage, pgbouncerAlias, listenPort, processes, pgbouncerStopGrace, ...limits, ...network, ...metrics, ...texts];
    return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}
