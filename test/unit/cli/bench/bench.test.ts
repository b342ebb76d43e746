import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { bench } from "../../../../cli/bench/bench";

// The first that bench does once it knows what to do.
jest.mock("../../../../cli/labstack", () => ({ useLab: () => Promise.reject(new Error("it began")) }));

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
