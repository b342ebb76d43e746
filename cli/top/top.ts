import { setTimeout } from "timers/promises";
import { terminal } from "terminal-kit";
import { selectedStack } from "../stack";
import { useLab } from "../labstack";
import { findTarget, Target } from "../verify/target";
import { TopOptions } from "./command";
import { Line, plainText, renderScreen, Tone } from "./screen";
import { takeSnapshot } from "./snapshot";

/** Without a terminal, lines are as long as they need to be. */
const unlimited = { columns: 1000, rows: 1000 };

/** Shows the screen until somebody ends it, or prints it once. */
export async function top({ stack: named, once, json, interval }: TopOptions): Promise<number> {
    const stack = await selectedStack(named);
    await useLab(stack);
    const target = await findTarget(stack);
    if (once) {
        const seen = await takeSnapshot(target);
        console.log(json ? JSON.stringify(seen, undefined, 2) : plainText(renderScreen(seen, unlimited)));
        return 0;
    }
    await watch(target, interval);
    process.exit(0); // whatever a look that hangs still waits for
}

/** Looks again and again, until somebody ends it. A look that fails is shown, and the stack is read again: the pooler may have been replaced. */
async function watch(first: Target, interval: number): Promise<void> {
    let target = first;
    let ended = false;
    let end = () => undefined as void;
    // A look hangs as long as its host does; the end does not wait for it.
    const asked = new Promise<void>((resolve) => {
        end = () => {
            ended = true;
            resolve();
        };
    });
    const draw = (lines: Line[]) => (ended ? undefined : show(lines));
    // A terminal that does not know its size says 0.
    const size = () => ({ columns: terminal.width || 80, rows: (terminal.height || 24) - 1 });
    const look = async () => {
        try {
            const seen = await takeSnapshot(target);
            draw(renderScreen(seen, size()));
            if (!("error" in seen.database)) return;
        } catch (cause) {
            draw((cause as Error).message.split("\n").map((text) => [{ text, tone: "bad" }]));
        }
        target = await findTarget(target.stack).catch(() => target);
    };
    terminal.fullscreen(true);
    terminal.hideCursor();
    terminal.grabInput(true);
    terminal.on("key", (key: string) => (["q", "Q", "CTRL_C", "ESCAPE"].includes(key) ? end() : undefined));
    for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, end); // Ctrl-C is a key only if stdin is a terminal
    try {
        while (!ended) {
            await Promise.race([asked, look()]);
            // If stdin is at its end, this timer alone keeps the process.
            if (!ended) await Promise.race([asked, setTimeout(interval * 1000)]);
        }
    } finally {
        terminal.grabInput(false);
        terminal.hideCursor(false);
        terminal.fullscreen(false);
    }
}

const colours: Record<Tone, (text: string) => unknown> = {
    plain: (text) => terminal.noFormat(text),
    head: (text) => terminal.bold.noFormat(text),
    good: (text) => terminal.green.noFormat(text),
    warning: (text) => terminal.yellow.noFormat(text),
    bad: (text) => terminal.red.noFormat(text),
};

function show(lines: Line[]): void {
    lines.forEach((line, at) => {
        terminal.moveTo(1, at + 1);
        for (const { text, tone } of line) colours[tone](text);
        terminal.eraseLineAfter();
    });
    terminal.moveTo(1, lines.length + 1).eraseDisplayBelow();
}
