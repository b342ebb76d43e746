import { terminal } from "terminal-kit";
import { selectedStack } from "../stack";
import { useLab } from "../labstack";
import { findTarget, Target } from "../verify/target";
import { TopOptions } from "./command";
import { Line, plainText, renderScreen, Tone } from "./screen";
import { Snapshot, takeSnapshot } from "./snapshot";

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
    return 0;
}

/** Looks again and again. A look that fails is shown, and the stack is read again: the pooler may have been replaced. */
async function watch(first: Target, interval: number): Promise<void> {
    let target = first;
    let going = true;
    let wake = () => undefined as void;
    const end = () => {
        going = false;
        wake();
    };
    // A terminal that does not know its size says 0.
    const draw = (seen: Snapshot) => show(renderScreen(seen, { columns: terminal.width || 80, rows: (terminal.height || 24) - 1 }));
    terminal.fullscreen(true);
    terminal.hideCursor();
    terminal.grabInput(true);
    terminal.on("key", (key: string) => (["q", "Q", "CTRL_C", "ESCAPE"].includes(key) ? end() : undefined));
    process.once("SIGTERM", end);
    try {
        while (going) {
            try {
                draw(await takeSnapshot(target));
            } catch (cause) {
                show([[{ text: (cause as Error).message, tone: "bad" }]]);
                target = await findTarget(target.stack).catch(() => target);
            }
            if (!going) break;
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, interval * 1000);
                wake = () => {
                    clearTimeout(timer); // it would keep the process
                    resolve();
                };
            });
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
