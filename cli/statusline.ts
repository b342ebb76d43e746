const frames = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];

/** The stream that the status line writes to. It need not be a terminal. */
export interface Screen {
    isTTY?: boolean;
    columns?: number;
    write(text: string): unknown;
}

/** A line that a terminal replaces in place: a spinner, what runs now, and for how long. On any other stream, nothing is written. */
export class StatusLine {
    private clock: NodeJS.Timeout | undefined;

    constructor(private readonly screen?: Screen) {}

    show(text: string): void {
        this.clear();
        if (!this.screen?.isTTY) return;
        const from = Date.now();
        let at = 0;
        const draw = () => {
            const line = `${frames[at++ % frames.length]} ${text}  ${Math.floor((Date.now() - from) / 1000)} s`;
            // A line that wraps could not be replaced.
            this.screen!.write(`\r\x1b[K${line.slice(0, (this.screen!.columns ?? 80) - 1)}`);
        };
        draw();
        this.clock = setInterval(draw, 100);
        this.clock.unref();
    }

    clear(): void {
        if (this.clock === undefined) return;
        clearInterval(this.clock);
        this.clock = undefined;
        this.screen!.write("\r\x1b[K");
    }
}
