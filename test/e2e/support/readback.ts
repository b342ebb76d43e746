import * as fs from "fs";
import * as path from "path";
import { parseConsole } from "../../../cli/verify/console";
import { run } from "../../../lab/run";

type Row = Record<string, string>;

const reader = fs.readFileSync(path.join(__dirname, "readback.sh"), "utf8");

/** Has one pgbouncer of this image load each ini by RELOAD, and returns what its console then shows. */
export async function query(image: string, files: Record<string, string>, count: number): Promise<{ config: Row; databases: Row[] }[]> {
    const input = Object.entries(files).map(([file, text]) => `@@ ${file}\n${text.trimEnd()}\n`).join(""); // prettier-ignore
    const printed = await run("docker", ["run", "--rm", "-i", "--network", "none", "--entrypoint", "sh", image, "-c", reader, "read", String(count)], { input }); // prettier-ignore
    return printed
        .split(/^@@\n/m)
        .slice(0, -1)
        .map((each) => parseConsole(each))
        .map(({ config, databases }) => ({ config, databases }));
}
