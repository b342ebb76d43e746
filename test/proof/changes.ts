import * as path from "path";
import { writeWhole } from "../../lab/files";
import { project } from "../../lab/paths";
import { Sidecar, sidecar, up } from "../e2e/support/stack";
import { percent } from "./changes/figures";
import { Idle, idleHead, idleRows, measureIdle, target, total } from "./changes/idle";
import { labAgain, lifecycle, lifecycleHead, lifecycleOverSsh, lifecycleRows, Step } from "./changes/lifecycle";
import { changeKinds, Changes, changesHead, changesRow, measureChanges, unharmed } from "./changes/load";
import { Arguments, numberOption, Proof, Result, textOption } from "./proof";
import { sum } from "./reconnecting";

/** How much of it is measured. */
export interface Size {
    times: number;
    runs: number;
    /** Seconds of each look at idle containers. */
    seconds: number;
    /** The parts. */
    only: string[];
}

/** The size that makes a proof. */
const whole = { times: 20, runs: 5, seconds: 60 };

export interface Measured {
    changes: Changes[];
    steps: Step[];
    idle?: Idle;
}

export const parts = [...changeKinds.map(({ name }) => name), "lifecycle", "ssh", "up", "idle"];

/** The parts that a list names; all without one. Throws if it names another. */
export function chosenParts(list: string | undefined): string[] {
    const chosen = list === undefined ? parts : list.split(",");
    const unknown = chosen.filter((name) => !parts.includes(name));
    if (unknown.length > 0) throw new Error(`changes has no part ${unknown.join(", ")}; its parts are ${parts.join(", ")}`);
    return chosen;
}

/** What was measured, as the docs show it. It passes if nobody failed and the idle sidecar keeps to its target. */
export function result({ changes, steps, idle }: Measured, { times, runs, seconds, only }: Size): Result {
    const tables = [
        { head: changesHead, rows: changes.map(changesRow) },
        { head: lifecycleHead, rows: lifecycleRows(steps) },
        { head: idleHead, rows: idle ? idleRows(idle) : [] },
    ].filter(({ rows }) => rows.length > 0);
    const [first = { head: [], rows: [] }, ...more] = tables;
    const idling = idle
        ? ` Idle, both containers use ${percent(total(idle))} of a core (target on this engine: under ${target(idle)} %).`
        : "";
    return {
        passed: changes.every(unharmed) && (idle === undefined || total(idle) < target(idle)),
        partial: times < whole.times || runs < whole.runs || seconds < whole.seconds || parts.some((name) => !only.includes(name)),
        summary:
            `${sum(changes.map(({ failed }) => failed))} of ${sum(changes.map(({ connections }) => connections))} connections failed while things changed. ` +
            `psql and node's pg reconnect without a pause; each held session queries \`SELECT pg_sleep(0.01)\` again and again. ` +
            `A stall is the time between two answers in a session, also if it was cut and came back. Each step of a stack's life ran ${runs} times.${idling}`,
        ...first,
        more,
    };
}

async function measure(on: Sidecar, { times, runs, seconds, only }: Size): Promise<Measured> {
    const measured: Measured = { changes: [], steps: [] };
    const does = (name: string) => only.includes(name);
    await up(on);
    if (does("idle")) measured.idle = await measureIdle(on, seconds);
    for (const kind of changeKinds) if (does(kind.name)) measured.changes.push(await measureChanges(on, kind, times));
    if (does("lifecycle")) measured.steps.push(...(await lifecycle(on, runs)));
    if (does("ssh")) measured.steps.push(...(await lifecycleOverSsh(on, runs)));
    if (does("up")) measured.steps.push(await labAgain(on, runs));
    return measured;
}

export const changesProof: Proof = {
    name: "changes",
    proves: "a roll, a reload, a rotation and a pause fail no connection, and this is what they, a stack's life, and an idle sidecar cost",
    options: [
        textOption("only", `parts, with commas between them (${parts.join(",")})`),
        numberOption("times", `how often to make each change (${whole.times})`),
        numberOption("runs", `how often to run each step of a stack's life (${whole.runs})`),
        numberOption("seconds", `seconds of each look at idle containers (${whole.seconds})`),
    ],
    run: async (args: Arguments): Promise<Result> => {
        const size: Size = {
            times: args.number("times", whole.times),
            runs: args.number("runs", whole.runs),
            seconds: args.number("seconds", whole.seconds),
            only: chosenParts(args.text("only")),
        };
        const on = await sidecar();
        Object.assign(process.env, on.env);
        const measured = await measure(on, size);
        const judged = result(measured, size);
        for (const { head, rows } of [judged, ...(judged.more ?? [])]) for (const row of [head, ...rows]) console.log(row.join(" | "));
        console.log(judged.summary);
        if (!judged.partial) {
            const file = path.join(project, "docs/proof/changes.json");
            writeWhole(file, JSON.stringify({ at: new Date().toISOString(), ...size, ...measured }, undefined, 4) + "\n");
        }
        return judged;
    },
};
