import { doing, duration, latest, Running, runSteps, say } from "../../../lab/step";

let lines: string[];

beforeEach(() => {
    lines = [];
    jest.useFakeTimers();
    jest.spyOn(console, "log").mockImplementation((line: string) => lines.push(line.replace(/^.{11} {2}/, "")));
});

afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
});

const after = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000));

test("a step that ends soon is one line", async () => {
    const all = runSteps([{ name: "cli", work: () => after(2).then(() => "found") }]);
    await jest.advanceTimersByTimeAsync(5_000);
    await all;
    expect(lines).toEqual(["cli        found  [2.0 s]"]);
});

test("a long step says every 30 s what it does, for how long, and what its program printed last", async () => {
    const work = async () => {
        doing("building pulumi");
        await after(40);
        latest("golang.org/x/net\n\u001b[32mgithub.com/pulumi/pulumi\u001b[0m\n");
        await after(50);
        return "built";
    };
    const all = runSteps([{ name: "cli", work }]);
    await jest.advanceTimersByTimeAsync(90_000);
    await all;
    expect(lines).toEqual([
        "cli        still building pulumi (30 s)",
        "cli        still building pulumi (1 min 0 s): github.com/pulumi/pulumi",
        "cli        still building pulumi (1 min 30 s): github.com/pulumi/pulumi",
        "cli        built  [1 min 30 s]",
    ]);
});

test("lists run beside each other; one that fails ends its own alone, and its error is thrown", async () => {
    const fails = () => after(1).then(() => Promise.reject(new Error("no engine")));
    const all = runSteps(
        [
            { name: "engine", work: fails },
            { name: "images", work: () => Promise.resolve("never") },
        ],
        [
            { name: "cli", work: () => after(2).then(() => "here") },
            { name: "plugins", work: () => after(1).then(() => "here too") },
        ],
    );
    const thrown = expect(all).rejects.toThrow("no engine");
    await jest.advanceTimersByTimeAsync(5_000);
    await thrown;
    expect(lines).toEqual(["engine     FAILED after 1.0 s", "cli        here  [2.0 s]", "plugins    here too  [1.0 s]"]);
});

test("what is said inside a step is a line, and what the step does from then on", async () => {
    const work = async () => {
        say("machine", "installing golang-go");
        await after(31);
        return "done";
    };
    const all = runSteps([{ name: "cli", work }]);
    await jest.advanceTimersByTimeAsync(31_000);
    await all;
    expect(lines.slice(0, 2)).toEqual(["machine    installing golang-go", "cli        still installing golang-go (30 s)"]);
});

test("a running step's line has what it does, its time and the usual time", async () => {
    const running = new Running({
        name: "cli",
        bare: "about 6 min",
        work: () =>
            after(70)
                .then(() => doing("linking"))
                .then(() => ""),
    });
    const ended = running.work();
    await jest.advanceTimersByTimeAsync(70_000);
    await ended;
    expect(String(running)).toBe("cli        1 min 10 s  linking (about 6 min on a bare machine)");
});

test.each([
    [0, "0.0 s"],
    [9_949, "9.9 s"],
    [59_999, "59 s"],
    [130_000, "2 min 10 s"],
])("%i ms is shown as %s", (milliseconds, shown) => expect(duration(milliseconds)).toBe(shown));
