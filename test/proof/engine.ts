import * as fs from "fs";
import * as path from "path";
import { ensureCurrentEngine, pinned } from "../../lab/currentengine";
import { identity } from "../../lab/identity";
import { buildImages } from "../../lab/images";
import { need } from "../../lab/machine";
import { inLab, project } from "../../lab/paths";
import { attempt } from "../../lab/run";
import { step } from "../../lab/step";
import { Arguments, Proof, Result, textOption } from "./proof";

/** The other lab's folder, below this one's. */
const folder = "engine29";

/** What of jest's JSON report is read here. */
export interface Report {
    testResults: {
        name: string;
        startTime: number;
        endTime: number;
        status: string;
        message: string;
        assertionResults: { title: string; status: string }[];
    }[];
}

/** A row for each file, and what failed by name. A file that broke outside its tests counts as one that failed. */
export function results({ testResults }: Report): { rows: string[][]; failed: string[] } {
    const files = [...testResults].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    const failed: string[] = [];
    const rows = files.map(({ name, startTime, endTime, status, assertionResults }) => {
        const file = path.basename(name, ".test.ts");
        const of = (wanted: string) => assertionResults.filter((one) => one.status === wanted);
        const titles = of("failed").map(({ title }) => title);
        if (status === "failed" && titles.length === 0) titles.push("outside its tests");
        failed.push(...titles.map((title) => `${file}: ${title}`));
        const passed = of("passed").length;
        return [file, String(passed), String(titles.length), String(assertionResults.length - passed - of("failed").length), `${Math.round((endTime - startTime) / 1000)} s`]; // prettier-ignore
    });
    return { rows, failed };
}

/** The test files whose names begin with one of `wanted`, or all. */
export function chosen(all: string[], wanted: string[]): string[] {
    const unknown = wanted.filter((one) => !all.some((file) => file.startsWith(one)));
    if (unknown.length > 0) throw new Error(`no test file begins with ${unknown.join(" or ")}. Fix: of ${all.join(", ")}`);
    return all.filter((file) => wanted.length === 0 || wanted.some((one) => file.startsWith(one)));
}

/** Brings a lab up on a current engine, runs the end-to-end tests there and takes it all away. */
async function all(args: Arguments): Promise<Result> {
    const there = fs.readdirSync(path.join(project, "test/e2e")).filter((file) => file.endsWith(".test.ts"));
    const every = there.map((file) => path.basename(file, ".test.ts")).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const files = chosen(every, args.text("files")?.split(",") ?? []);
    if (process.getuid?.() !== 0) throw new Error("only root can start an engine of its own. Fix: run this as root");
    await step("engine", ensureCurrentEngine);
    await step("images", async () => buildImages((await identity()).registryPort)); // no network there, so no Docker Hub
    await need("ip", ["iproute2"], "to give the engine a loopback");
    await need("iptables", ["iptables"], "the engine's networks");
    fs.rmSync(inLab(folder), { recursive: true, force: true }); // what a run that was cut left
    const lines = [
        "trap './sidecar down --volumes' EXIT",
        "./sidecar up",
        "docker info --format '{{json .}}' > .lab/about.json",
        'npx --no-install jest --selectProjects e2e --runInBand --json --outputFile .lab/jest.json "$@"',
    ];
    const patterns = files.map((file) => `test/e2e/${file}.test.ts`);
    await attempt("lab/apart", [folder, "bash", "-ec", lines.join("\n"), "tests", ...patterns], { show: true, log: "proof-engine" });
    const read = <T>(file: string): T => JSON.parse(fs.readFileSync(inLab(folder, file), "utf8")) as T;
    if (!fs.existsSync(inLab(folder, "jest.json"))) {
        throw new Error("the lab or its tests did not come to an end on the current engine. Fix: .lab/log/proof-engine.log has the cause");
    }
    const about = read<{ ServerVersion: string; Driver: string; CgroupVersion: string }>("about.json");
    const { rows, failed } = results(read<Report>("jest.json"));
    const left = every.filter((file) => !files.includes(file));
    return {
        passed: failed.length === 0,
        partial: false, // all take hours: what was left out is named
        engine: about.ServerVersion,
        summary: [
            `The end-to-end tests on moby ${about.ServerVersion}, containerd ${pinned("containerd")} and runc ${pinned("runc")}, built from source: storage driver ${about.Driver}, cgroup v${about.CgroupVersion}, in namespaces of its own.`,
            failed.length > 0 ? `Failed: ${failed.join("; ")}.` : "",
            left.length > 0 ? `Not run this time: ${left.join(", ")}.` : "",
        ].filter(Boolean).join(" "), // prettier-ignore
        head: ["file", "passed", "failed", "skipped", "time"],
        rows,
    };
}

export const engineProof: Proof = {
    name: "engine",
    proves: "the end-to-end tests pass on a current Docker engine, not only on Debian's",
    options: [textOption("files", "only the test files whose names begin so, as NAME,NAME…")],
    run: all,
};
