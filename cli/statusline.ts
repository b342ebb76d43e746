const frames = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];

/** What the status line writes to: a terminal, or a stream that is none. */
export interface Screen {
    isTTY?: boolean;
    columns?: number;
    write(text: string): unknown;
}

/** One line on a terminal that is replaced in place: a spinner, what runs now and for how long. Elsewhere it writes nothing. */
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
