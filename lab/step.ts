const started = Date.now();
const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Runs one step and prints what came of it with its time. `work` returns the line that says what was done or found. */
export async function step(name: string, work: () => Promise<string>): Promise<void> {
    const from = Date.now();
    try {
        say(name, `${await work()}  [${seconds(from)}]`);
    } catch (cause) {
        say(name, `FAILED after ${seconds(from)}`);
        throw cause;
    }
}

/** Prints a line of a step that goes on. */
export function say(name: string, text: string): void {
    console.log(`${seconds(started).padStart(8)}  ${name.padEnd(10)} ${text}`);
}
