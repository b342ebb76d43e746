import { attempt, Ran } from "../../lab/run";
import { Report, Result as CheckResult } from "../../cli/verify/check";
import { lookupChecks } from "../../cli/verify/checks/lookup";
import { summary } from "../../cli/verify/report";
import { changing, Sidecar, sidecar } from "../e2e/support/stack";
import { binaries, OldServer, releases } from "./oldserver";
import { Limited } from "./limited";
import { clear, make, stack } from "./ownstack";
import { Arguments, Proof, Result, textOption } from "./proof";

/** What is done with the stack on each version, in this order; a step that fails ends the version. */
export const steps = [
    "up",
    "preview",
    "verify",
    "rotate",
    "query and lookups after it",
    "destroy",
    "up as no superuser, by the printed fixes",
    "preview and verify",
    "rotate and an up that was cut",
    "its destroy",
] as const;
type Step = (typeof steps)[number];

/** The lookup's checks, but for the one that needs poolSuperusers to be false. */
const lookupIds = lookupChecks.map(({ id }) => id).filter((id) => id !== "lookup-superuser");

/** What one version came to. */
export interface Seen {
    version: string;
    /** What each step that was gone through showed. */
    cells: Partial<Record<Step, string>>;
    /** Why it ended early: a step that failed, or `not run`. */
    ended?: { at: Step | "not run"; why: string };
}

/** How many checks came out how; throws unless `good` of all of them, with what was seen of the others. */
export function judge(reports: Report[], good: CheckResult[]): string {
    const bad = reports.filter(({ result }) => !good.includes(result));
    if (bad.length > 0 || reports.length === 0) {
        throw new Error(bad.map(({ id, result, saw }) => `${id} ${result}: ${saw}`).join("; ") || "no check was run");
    }
    const others = reports.filter(({ result }) => result !== "ok").map(({ id }) => id);
    return summary(reports) + (others.length > 0 ? ` (${others.join(", ")})` : "");
}

/** A version's line of the table. */
export function row({ version, cells, ended }: Seen): string[] {
    if (ended?.at === "not run") return [version, `**not run**: ${ended.why}`, ...steps.slice(1).map(() => "–")];
    return [version, ...steps.map((step) => (ended?.at === step ? `**failed**: ${ended.why}` : (cells[step] ?? "–")))];
}

/** Throws with the end of what a program said unless it succeeded. */
function succeeded({ code, stdout, stderr }: Ran): void {
    if (code !== 0) throw new Error(`exit code ${code}: ${(stdout + stderr).trim().split("\n").slice(-8).join("\n")}`);
}

async function verified(env: Record<string, string>, good: CheckResult[], ...flags: string[]): Promise<string> {
    const ran = await attempt("./sidecar", ["verify", "--stack", stack, "--json", ...flags], { env });
    if (!ran.stdout.trimStart().startsWith("{")) succeeded({ ...ran, code: ran.code || 1 });
    return judge((JSON.parse(ran.stdout) as { checks: Report[] }).checks, good);
}

/** Each step on the stack; it resolves with what it showed but for the time. */
function doing(env: Record<string, string>, server: OldServer, before: string): Record<Step, () => Promise<string>> {
    const pulumi = async (...args: string[]) =>
        succeeded(await attempt("pulumi", [...args, "--color", "never", "--non-interactive"], { env, log: `versions-${args[0]}` }));
    const limited = new Limited(env, server);
    return {
        "up as no superuser, by the printed fixes": () => limited.begin(),
        "preview and verify": async () => {
            await pulumi("preview", "--expect-no-changes");
            await pulumi("preview", "--refresh", "--expect-no-changes");
            return verified(env, ["ok", "warning", "skipped"]);
        },
        "rotate and an up that was cut": async () => {
            succeeded(
                await attempt("./sidecar", ["rotate", "--stack", stack, "--non-interactive", ...changing], { env, log: "versions-rotate" }),
            );
            await limited.leaveRole();
            await pulumi("up", ...changing);
            await verified(env, ["ok"], "--only", "query,lookup-role,lookup-login");
            return "";
        },
        "its destroy": async () => {
            await pulumi("destroy", ...changing);
            await limited.end();
            const after = await server.made();
            if (after !== before) throw new Error(`in the database there is ${after || "nothing"} instead of ${before || "nothing"}`);
            return "no role or function left";
        },
        up: async () => {
            await pulumi("up", ...changing);
            if ((await server.made()) === before) throw new Error("it made no role or function that could be left over");
            return "";
        },
        preview: async () => {
            await pulumi("preview", "--expect-no-changes");
            await pulumi("preview", "--refresh", "--expect-no-changes");
            return "unchanged";
        },
        verify: () => verified(env, ["ok", "warning", "skipped"]),
        rotate: async () => {
            succeeded(
                await attempt("./sidecar", ["rotate", "--stack", stack, "--non-interactive", ...changing], { env, log: "versions-rotate" }),
            );
            return "";
        },
        "query and lookups after it": () => verified(env, ["ok"], "--only", ["query", ...lookupIds].join(",")),
        destroy: async () => {
            await pulumi("destroy", ...changing);
            const after = await server.made();
            if (after !== before)
                throw new Error(`in the database there was ${before || "nothing"}, and now there is ${after || "nothing"}`);
            return "no role or function left";
        },
    };
}

async function one(on: Sidecar, major: string): Promise<Seen> {
    const seen: Seen = { version: major, cells: {} };
    let at: Step | "not run" = "not run";
    try {
        await clear(on);
        const server = await OldServer.start(on, await binaries(major));
        seen.version = await server.sql("SHOW server_version");
        if (seen.version.split(".")[0] !== major) throw new Error(`the binaries are PostgreSQL ${seen.version}`);
        const before = await server.made();
        const todo = doing(await make(on, server), server, before);
        for (at of steps.slice(process.env.ROLES_ONLY ? 6 : 0)) {
            const from = Date.now();
            const said = await todo[at]();
            seen.cells[at] = [`${((Date.now() - from) / 1000).toFixed(1)} s`, said].filter(Boolean).join("; ");
            console.log(`  ${seen.version} ${at}: ${seen.cells[at]}`);
        }
    } catch (cause) {
        seen.ended = { at, why: (cause as Error).message };
        console.log(`  ${seen.version} FAILED at ${at}: ${seen.ended.why}`);
    } finally {
        await clear(on);
        await OldServer.remove(on.lab.id);
    }
    return seen;
}

/** A stack of this proof's own goes through its life on each version of PostgreSQL. */
async function all(args: Arguments): Promise<Result> {
    const only = args.text("version");
    const chosen = Object.keys(releases).filter((major) => only === undefined || major === only);
    if (chosen.length === 0) throw new Error(`there is no version ${only} here. Fix: --version ${Object.keys(releases).join(" | ")}`);
    const on = await sidecar();
    Object.assign(process.env, on.env);
    const seen: Seen[] = [];
    for (const major of chosen) seen.push(await one(on, major));
    return {
        passed: seen.every(({ ended }) => ended === undefined),
        partial: only !== undefined,
        summary:
            `Each is a server of its own with an empty cluster, on a network of its own, with a pipeline that writes to it over SCRAM; the stack beside it is new each time. ` +
            `After \`up\`, both \`preview\` and \`preview --refresh\` have to be unchanged. A check of \`verify\` that fails ends the version, and after \`rotate\` a query through the pool and each of the lookup's checks have to pass.`,
        head: ["PostgreSQL", ...steps],
        rows: seen.map(row),
    };
}

export const versionsProof: Proof = {
    name: "versions",
    proves: "up, preview, verify, rotate and destroy work on every PostgreSQL from 13 to 18, and destroy leaves no role or function",
    options: [textOption("version", "only this version of PostgreSQL")],
    run: all,
};
