import * as fs from "fs";
import * as path from "path";
import { has, run } from "./run";
import { say } from "./step";

let updated: Promise<unknown> | undefined;
let last: Promise<unknown> = Promise.resolve();

const installed = (what: string) => (path.isAbsolute(what) ? fs.existsSync(what) : has(what));

/** Installs Debian packages if their program, or a file of theirs by its whole path, is missing. */
export async function need(program: string, packages: string[], why: string): Promise<void> {
    if (installed(program)) return;
    if (process.getuid?.() !== 0 || !has("apt-get")) {
        throw new Error(
            `${program} is missing (${why}), and only root on Debian or Ubuntu can install it. ` +
                `Fix: install it (apt-get install ${packages.join(" ")}) or run the same command as root`,
        );
    }
    say("machine", `installing ${packages.join(", ")}: ${why}`);
    // One at a time: two apt-gets at once lock each other out.
    last = last.then(async () => {
        const env = { DEBIAN_FRONTEND: "noninteractive" };
        await (updated ??= run("apt-get", ["update"], { log: "apt-update", env }));
        await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { log: `apt-${path.basename(program)}`, env });
    });
    await last;
    if (!installed(program)) throw new Error(`${packages.join(" ")} is installed, but there is still no ${program}`);
}
