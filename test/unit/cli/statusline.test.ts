import { StatusLine } from "../../../cli/statusline";

const screen = (isTTY: boolean) => {
    const written: string[] = [];
    return { isTTY, columns: 30, written, write: (text: string) => written.push(text) };
};

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("on a terminal the line is replaced, counts the seconds, is cut at the width and goes away", () => {
    const terminal = screen(true);
    const status = new StatusLine(terminal);
    status.show("stress  30 clients");
    jest.advanceTimersByTime(2_000);
    expect(terminal.written[0]).toBe("\r\x1b[K⠋ stress  30 clients  0 s");
    expect(terminal.written.at(-1)).toMatch(/^\r\x1b\[K. stress {2}30 clients {2}2 s$/);
    status.show("x".repeat(100));
    expect(terminal.written.at(-1)).toHaveLength("\r\x1b[K".length + 29);
    status.clear();
    expect(terminal.written.at(-1)).toBe("\r\x1b[K");
    const before = terminal.written.length;
    jest.advanceTimersByTime(2_000);
    expect(terminal.written).toHaveLength(before);
});

test("without a terminal nothing is written", () => {
    const file = screen(false);
    const status = new StatusLine(file);
    status.show("stress");
    jest.advanceTimersByTime(2_000);
    status.clear();
    expect(file.written).toEqual([]);
});
