import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";

/** Writes a file in one go: neither a reader nor an interrupted run ever meets half of it. */
export function writeWhole(file: string, text: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const part = `${file}.${process.pid}.part`;
    fs.writeFileSync(part, text, { mode });
    fs.renameSync(part, file);
}

/** One hash over all files below a folder. */
export function hashTree(root: string): string {
    const hash = createHash("sha256");
    const walk = (dir: string) => {
        for (const entry of fs.readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
            const full = path.join(dir, entry.name);
            if (entry.isDirectory()) {
                walk(full);
            } else {
                hash.update(`${path.relative(root, full)}\0`).update(fs.readFileSync(full));
            }
        }
    };
    walk(root);
    return hash.digest("hex").slice(0, 16);
}
