import * as fs from "fs";
import * as path from "path";

/** Name of a running program; undefined if none has this id. */
function programOf(pid: number): string | undefined {
    try {
        return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    } catch {
        return undefined;
    }
}

/** Whether a stack is locked by runs that are gone: they were killed, or the machine was switched off. `folder` has the stack's locks. */
export function isLeftLocked(folder: string, program = programOf): boolean {
    if (!fs.existsSync(folder)) return false;
    const locks = fs.readdirSync(folder).map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")) as { pid: number });
    // After a restart of the machine, another program may have the id.
    return locks.length > 0 && locks.every(({ pid }) => !program(pid)?.startsWith("pulumi"));
}
