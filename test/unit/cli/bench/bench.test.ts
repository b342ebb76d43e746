import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { bench } from "../../../../cli/bench/bench";
import { Misused } from "../../../../cli/command";

jest.mock("../../../../cli/labstack", () => ({ useLab: (stack: string) => Promise.resolve(stack === "local") }));
// The first that bench does once it knows what to do.
jest.mock("../../../../cli/verify/target", () => ({ findTarget: () => Promise.reject(new Error("it began")) }));

describe("a part that loads the database fully", () => {
    const run = (stack: string, only?: string, saturate?: boolean) =>
        bench({ stack, only, saturate, variants: "direct" }).catch((cause: Error) => cause);

    test.each([
        ["throughput", "throughput"],
        ["latency,connections", "connections"],
        ["connections,throughput", "throughput and connections"],
    ])("is refused without --saturate before anything is made: --only %s", async (only, named) => {
        const thrown = await run("stage", only);
        expect(thrown).toBeInstanceOf(Misused);
        expect((thrown as Error).message).toContain(`--only: stack stage is not the lab's, so add --saturate for ${named}:`);
    });

    test.each<[string, string | undefined, boolean | undefined]>([
        ["stage", "throughput", true],
        ["stage", "latency,memory", undefined],
        ["stage", undefined, undefined],
        ["local", "throughput", undefined],
    ])("is no obstacle: stack %s, --only %s, --saturate %s", async (...given) => {
        expect(await run(...given)).toEqual(new Error("it began"));
    });
});

describe("the file of --json", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-bench-"));
    const before = process.env.SIDECAR_FROM;
    beforeAll(() => {
        process.env.SIDECAR_FROM = folder;
    });
    afterAll(() => {
        if (before === undefined) delete process.env.SIDECAR_FROM;
        else process.env.SIDECAR_FROM = before;
        fs.rmSync(folder, { recursive: true });
    });

    test("is in the folder from which ./sidecar was called, and keeps what it has until there are results", async () => {
        fs.writeFileSync(path.join(folder, "old.json"), "{}");
        for (const json of ["new.json", "old.json"]) await expect(bench({ stack: "stage", json })).rejects.toThrow("it began");
        expect(fs.readdirSync(folder)).toEqual(["new.json", "old.json"]);
        expect(fs.readFileSync(path.join(folder, "old.json"), "utf8")).toBe("{}");
    });

    test("is refused before anything is measured if it can't be written", async () => {
        const file = path.join(folder, "missing/new.json");
        await expect(bench({ stack: "stage", json: "missing/new.json" })).rejects.toThrow(
            `--json: ${file} can't be written: ENOENT: no such file or directory, open '${file}'\nFix: name a file that you may write`,
        );
    });
});
