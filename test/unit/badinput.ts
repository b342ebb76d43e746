import { execFileSync } from "child_process";
import * as fc from "fast-check";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

/** Runs of one property. With them all properties together take some seconds. `FC_RUNS` sets another number, `FC_SEED` repeats a run. */
export const runs = Number(process.env.FC_RUNS ?? 40);

/** Asserts a property; a failure names the seed with which `FC_SEED=… npx jest …` repeats it. */
export function holds<Ts extends [unknown, ...unknown[]]>(property: fc.IProperty<Ts>, numRuns = runs): void {
    const seed = process.env.FC_SEED === undefined ? {} : { seed: Number(process.env.FC_SEED) };
    fc.assert(property, { numRuns, ...seed });
}

/** A command that leaves a file behind if a shell, SQL's `\!` or another program ever runs it. */
export const mark = "BROKE_OUT";
const commands = [`$(: >${mark})`, `\`: >${mark}\``, `;: >${mark};`, `\n: >${mark}\n`, `'; : >${mark}; '`, `"; : >${mark}; "`, `| : >${mark}`, `& : >${mark} #`]; // prettier-ignore

const known = [
    "", " ", "\t", "\n", "\r\n", "\0", "a\nb", "a\rb", 'a"b', "a'b", "a;b", "; a", "# a", "a=b", "a = b", "%include /etc/passwd", "a\n%include /etc/passwd",
    "$HOME", "${HOME}", "$(id)", "`id`", "a\\b", "a\\", "a\0b", "é", "日本", "😀", "\u202e", "\u00a0", "\ufeff", "e\u0301", "-", "--help", "-oProxyCommand=x", "*",
    ".", "..", "a..b", "a.-b", "_", "pgbouncer", "pgbouncer_lookup", "pgadmin", "localhost", "[pgbouncer]", "[]", '[""]', '["a","a"]', '["a\\nb"]', '["a b"]', "[1]",
    "[[]]", "{}", "null", "true", "NaN", "1e3", "0x10", "١٢", "1.5", "-1", "00", "1 ", " 1", "99999999999999999999", "x".repeat(64), "x".repeat(10_000),
    "1".repeat(10_000), `[${Array.from({ length: 3000 }, (_, at) => `"n${at}"`).join(",")}]`, ...commands,
]; // prettier-ignore

const pieces = fc.oneof(
    fc.constantFrom("\n", "\r", "\t", " ", "'", '"', "`", ";", "%", "=", "$", "\\", "\0", "#", "*", ",", "/", ":", "@", "(", "|", "-", ".", "é", "日", "😀", ...commands),
    fc.string({ unit: "grapheme-composite", maxLength: 4 }),
); // prettier-ignore

/** Text that breaks out of wherever it is not quoted: what is known to, and any mix; also a good value with something in it. */
export const nasty = (good = "x") =>
    fc.oneof(
        fc.constantFrom(...known),
        fc.array(pieces, { maxLength: 6 }).map((all) => all.join("")),
        fc.tuple(fc.nat(good.length), pieces).map(([at, piece]) => good.slice(0, at) + piece + good.slice(at)),
    );

/** A list of it, as the CLI hands a list over. */
export const nastyList = (good = "x") =>
    fc
        .array(fc.oneof({ weight: 2, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: nasty(good) }), { maxLength: 4 })
        .map((all) => JSON.stringify(all));

/** What a command line does in an empty folder with no programs but these, which do nothing: whether it breaks out. */
export function breaksOut(line: string): boolean {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "badinput-"));
    const programs = ["pulumi", "docker", "psql", "ssh", "ps", "head", "cut", "grep", "command"];
    try {
        const script = `${programs.map((name) => `${name}() { :; }`).join("; ")}\n${line}`;
        execFileSync("/bin/sh", ["-c", script], { cwd: folder, env: { PATH: "/nonexistent" }, stdio: "pipe", timeout: 5000 });
    } catch {
        // a command that the line names is not there, or is not one at all
    }
    const found = fs.existsSync(path.join(folder, mark));
    fs.rmSync(folder, { recursive: true });
    return found;
}

/** The words that a POSIX shell makes of a command line, without running it. */
export function shellWords(line: string): string[] {
    const script = `set -f\nfor each in "$@"; do :; done\nprintf '%s\\0' ${line}`;
    return execFileSync("/bin/sh", ["-c", script], { env: {} }).toString().split("\0").slice(0, -1);
}
