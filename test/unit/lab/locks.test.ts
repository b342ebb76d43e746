import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { isLeftLocked } from "../../../lab/locks";

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "locks-"))));
afterEach(() => fs.rmSync(folder, { recursive: true }));
const lock = (pid: number) => fs.writeFileSync(path.join(folder, `${pid}.json`), JSON.stringify({ pid, hostname: "vm" }));

test.each<[string, Record<number, string>, boolean]>([
    ["a run that is gone", {}, true],
    ["an id that another program has now", { 7: "kworker/0:1" }, true],
    ["a run that has not ended", { 7: "pulumi" }, false],
])("a lock of %s", (_, programs, left) => {
    lock(7);
    expect(isLeftLocked(folder, (pid) => programs[pid])).toBe(left);
});

test("of two locks, one that is held counts", () => {
    lock(7);
    lock(8);
    expect(isLeftLocked(folder, (pid) => (pid === 8 ? "pulumi" : undefined))).toBe(false);
});

test("without a lock, and without the folder, nothing is locked", () => {
    expect(isLeftLocked(folder)).toBe(false);
    expect(isLeftLocked(path.join(folder, "none"))).toBe(false);
});

test("this process, which is not pulumi, holds no lock", () => {
    lock(process.pid);
    expect(isLeftLocked(folder)).toBe(true);
});
