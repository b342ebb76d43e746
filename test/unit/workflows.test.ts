import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";

interface Job {
    if?: string;
    environment?: unknown;
    permissions?: unknown;
    "timeout-minutes"?: number;
    env?: unknown;
    steps: { uses?: string; with?: Record<string, unknown> }[];
}

interface Workflow {
    on: string | string[] | Record<string, unknown>;
    permissions?: Record<string, string>;
    env?: unknown;
    jobs: Record<string, Job>;
}

const root = path.join(__dirname, "../..");
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");

const folder = ".github/workflows";
const names = fs.readdirSync(path.join(root, folder));
const texts = Object.fromEntries(names.map((name) => [name, read(path.join(folder, name))]));
const workflows = Object.fromEntries(names.map((name) => [name, load(texts[name]!) as Workflow]));

const jobsOf = (name: string) => Object.values(workflows[name]!.jobs);
const ownBranches = "github.event.pull_request.head.repo.full_name == github.repository";
const usesSecrets = (part: unknown) => /\bsecrets\b/.test(JSON.stringify(part));

function triggersOf(name: string): string[] {
    const { on } = workflows[name]!;
    return typeof on === "string" ? [on] : Array.isArray(on) ? on : Object.keys(on);
}

test("there are the four", () => {
    expect(names.sort()).toEqual(["drift.yml", "preview.yml", "proof.yml", "test.yml"]);
});

describe.each(names)("%s", (name) => {
    test("pins every action by its commit, with the version beside it", () => {
        const lines = texts[name]!.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
        expect(lines).toHaveLength(jobsOf(name).flatMap(({ steps }) => steps.filter(({ uses }) => uses)).length);
        for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    test("is not started by what runs a fork's code with secrets", () => {
        for (const trigger of triggersOf(name)) expect(["pull_request", "push", "schedule", "workflow_dispatch"]).toContain(trigger);
    });

    test("reads the repository, and only the preview writes its comment", () => {
        const comment = name === "preview.yml" ? { "pull-requests": "write" } : {};
        expect(workflows[name]!.permissions).toEqual({ contents: "read", ...comment });
        for (const job of jobsOf(name)) expect(job.permissions).toBeUndefined();
    });

    test("gives secrets to steps alone, and in a pull request to this repository's own branches alone", () => {
        const { env, jobs } = workflows[name]!;
        expect(usesSecrets([env, Object.values(jobs).map((job) => job.env)])).toBe(false);
        if (!triggersOf(name).includes("pull_request")) return;
        for (const job of jobsOf(name).filter(usesSecrets)) expect(job.if).toContain(ownBranches);
    });

    test("uses secrets only in a protected environment, and says how it is to be made", () => {
        for (const job of jobsOf(name).filter(usesSecrets)) {
            expect(job.environment).toMatch(/^stage-\w+$/);
            const head = texts[name]!.split(/^name:/m)[0]!;
            expect(head).toContain(`New environment: ${String(job.environment)}`);
            // In a pull request's, anybody's push runs: somebody has to have read it. Elsewhere it is the branch that has been.
            expect(head).toMatch(triggersOf(name).includes("pull_request") ? /Required reviewers/ : /Selected branches, main alone/);
        }
    });

    test("ends by itself", () => {
        for (const job of jobsOf(name)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(90);
    });

    test("takes the CLI that the lab is tested with", () => {
        const lab = /cliVersion = "v(.*)"/.exec(read("lab/toolchain.ts"))![1];
        const steps = jobsOf(name).flatMap((job) => job.steps.filter(({ uses }) => uses?.startsWith("pulumi/actions@")));
        for (const step of steps) expect(step.with!["pulumi-version"]).toBe(lab);
    });
});

test("the preview runs for this repository's branches only, and not for Dependabot's", () => {
    expect(triggersOf("preview.yml")).toEqual(["pull_request"]);
    for (const job of jobsOf("preview.yml")) {
        expect(job.if).toBe(`${ownBranches} && github.event.pull_request.user.login != 'dependabot[bot]'`);
    }
});

test.each(["test.yml", "proof.yml"])("%s uses no secret", (name) => {
    expect(usesSecrets(workflows[name])).toBe(false);
});
