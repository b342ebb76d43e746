import { DatabaseSnapshot, Snapshot } from "./snapshot";

/** What a part of a line means; top gives each a colour. */
export type Tone = "plain" | "head" | "good" | "warning" | "bad";
export interface Part {
    text: string;
    tone: Tone;
}
export type Line = Part[];

const plain = (text: string): Part => ({ text, tone: "plain" });
const head = (text: string): Line => [{ text, tone: "head" }];

/** A share as a tone: good below three quarters, bad above nine tenths. */
const toneOf = (share: number): Tone => (share > 0.9 ? "bad" : share > 0.75 ? "warning" : "good");

interface Bar {
    label: string;
    used: number;
    of: number;
    /** What follows the figures. */
    more: string;
}

function bar({ label, used, of, more }: Bar, width: number): Line {
    const room = Math.max(10, Math.min(40, width - label.length - more.length - 20));
    const share = of > 0 ? Math.min(1, used / of) : 0;
    const full = Math.round(share * room);
    return [
        plain(`${label} `),
        { text: "█".repeat(full), tone: toneOf(share) },
        plain(`${"░".repeat(room - full)} ${used} of ${of}${more}`),
    ];
}

/** Control characters of a query would move the cursor. */
const clean = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, " ");
const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text);
const column = (text: string, width: number) => cut(clean(text), width).padEnd(width);

/** The screen as lines that fit into the terminal. */
export function renderScreen(seen: Snapshot, { columns, rows }: { columns: number; rows: number }): Line[] {
    const { pools, budget, database } = seen;
    const waiting = pools.reduce((sum, pool) => sum + pool.waiting, 0);
    const longest = Math.max(0, ...pools.map((pool) => pool.longestWait));
    const lines: Line[] = [
        [
            plain(`${seen.stack}  ${seen.at.slice(11, 19)} UTC   `),
            waiting > 0
                ? { text: `${waiting} clients wait, ${longest} s at most`, tone: longest > 5 ? "bad" : "warning" }
                : { text: "nobody waits", tone: "good" },
        ],
        bar({ label: "pool       ", used: budget.used, of: budget.pooler, more: ` backends (${budget.roll} in a roll)` }, columns),
        ...("error" in database
            ? [[plain("database    "), { text: clean(database.error), tone: "bad" as const }]]
            : sessions(database, columns)),
        [],
        head(`${column("DATABASE", 20)} ${column("USER", 20)} ${"ACTIVE".padStart(7)} ${"WAITING".padStart(8)} ${"LONGEST".padStart(8)} ${"BUSY".padStart(5)} ${"IDLE".padStart(5)}`), // prettier-ignore
        ...pools.map((pool): Line => {
            const numbers = `${String(pool.active).padStart(7)} ${String(pool.waiting).padStart(8)} ${`${pool.longestWait} s`.padStart(8)} ${String(pool.busy).padStart(5)} ${String(pool.idle).padStart(5)}`; // prettier-ignore
            return [
                { text: `${column(pool.database, 20)} ${column(pool.user, 20)} ${numbers}`, tone: pool.waiting > 0 ? "warning" : "plain" },
            ];
        }),
        ...(pools.length === 0 ? [[plain("no pool yet: nobody has connected")]] : []),
        ...("error" in database ? [] : open(database)),
    ];
    return lines.slice(0, rows).map((line) => fit(line, columns));
}

/** How full the database is, and who connects directly. */
function sessions({ unseen, connections: { max, reserved, used, left }, direct }: DatabaseSnapshot, columns: number): Line[] {
    const others = direct.map(({ address, count }) => `${address} ${count}`).join(", ");
    return [
        ...(unseen ? [[{ text: unseen, tone: "warning" as const }]] : []),
        bar({ label: "database   ", used, of: max - reserved, more: ` connections, ${left} left` }, columns),
        [plain(`direct      ${others === "" ? "nobody" : others}`)],
    ];
}

/** The open transactions, below an empty line. */
function open({ unseen, transactions }: DatabaseSnapshot): Line[] {
    return [
        [],
        head(`${"PID".padStart(7)} ${column("USER", 16)} ${column("WAY", 6)} ${column("STATE", 20)} ${"OPEN".padStart(7)}  QUERY`),
        ...transactions.map((one): Line => {
            const front = `${String(one.pid).padStart(7)} ${column(one.user, 16)} ${one.pooled ? "pool  " : "direct"} ${column(one.state, 20)} ${`${one.seconds} s`.padStart(7)}  `; // prettier-ignore
            const tone: Tone = one.state.startsWith("idle") && one.seconds > 10 ? "bad" : one.seconds > 60 ? "warning" : "plain";
            return [{ text: front, tone }, plain(clean(one.query))];
        }),
        ...(transactions.length === 0 ? [[plain(`no open transaction${unseen ? " that this login sees" : ""}`)]] : []),
    ];
}

/** Cuts a line to the width. */
function fit(line: Line, width: number): Line {
    let left = width;
    return line.flatMap(({ text, tone }) => {
        if (left <= 0) return [];
        const shown = cut(text, left);
        left -= shown.length;
        return shown === "" ? [] : [{ text: shown, tone }];
    });
}

/** The lines without their tones. */
export const plainText = (lines: Line[]) => lines.map((line) => line.map(({ text }) => text).join("").trimEnd()).join("\n"); // prettier-ignore
