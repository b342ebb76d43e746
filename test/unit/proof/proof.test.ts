import * as fs from "fs";
import { understand } from "../../../cli/command";
import { pinned } from "../../../lab/currentengine";
import { chosen, results } from "../../proof/engine";
import { kinds } from "../../proof/kinds";
import { program } from "../../proof/main";
import { line, majors } from "../../proof/node";
import { Arguments } from "../../proof/proof";
import { Random } from "../../proof/random";
import { page, Recorded } from "../../proof/record";
import { result as rollsResult } from "../../proof/rolls";
import { parseStat } from "../../proof/sampler";
import { judge, row } from "../../proof/versions";
import { saslInitial, startup, typed, untyped } from "../../proof/wire";

test("packets are what a client sends", () => {
    expect(startup([["user", "a"]]).toString("hex")).toBe("00000010" + "00030000" + "7573657200" + "6100" + "00");
    expect(untyped(80877103).toString("hex")).toBe("0000000804d2162f");
    expect(typed("Q", Buffer.from("x\0")).toString("hex")).toBe("51" + "00000006" + "7800");
    expect(saslInitial("M", Buffer.from("d")).toString("hex")).toBe("70" + "0000000b" + "4d00" + "00000001" + "64");
    expect(untyped(1, Buffer.alloc(2), -1).toString("hex")).toBe("ffffffff" + "00000001" + "0000");
});

test("a seed repeats every kind's packets", () => {
    for (const { name, make } of kinds) {
        const made = () =>
            Array.from(
                { length: 20 },
                (
                    (random) => () =>
                        make(random)
                )(Random.of(7, name)),
            );
        expect(made()).toEqual(made());
    }
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
});

test("the packet of CVE-2026-107349 is among the shapes of options", () => {
    const { make } = kinds.find(({ name }) => name === "options, of every shape")!;
    const random = Random.of(1, "x");
    const packets = Array.from({ length: 2000 }, () => Buffer.concat(make(random)).toString("latin1"));
    expect(packets.some((packet) => packet.includes("options\0-c=\0"))).toBe(true);
});

test("sockets are held up to and beyond max_client_conn", () => {
    expect(kinds.filter(({ held }) => held).map(({ held }) => held!(200))).toEqual([200, 260, 260]);
});

test("a process is known by its id and start", () => {
    const fields = ["S", ...Array.from({ length: 40 }, (_, at) => String(at + 4))];
    expect(parseStat(`8 (pg bouncer) ${fields.join(" ")}`)).toEqual({ process: "8 22", cpu: 0.29, rss: (24 * 4096) / 1e6 });
    expect(parseStat("")).toBeUndefined();
});

test("options are read whole", () => {
    const read = (...args: string[]) => understand(program, args)!;
    const { command, options } = read("fuzz", "--minutes", "2");
    const parsed = new Arguments(options);
    expect([command.name, parsed.number("minutes", 60), parsed.number("seed", 5)]).toEqual(["fuzz", 2, 5]);
    expect(() => read("fuzz", "--hours", "2")).toThrow(/unknown option '--hours'[^]*sidecar proof fuzz --help/);
    expect(() => read("fuzz", "--minutes")).toThrow("argument missing");
    expect(() => read("fuzz", "--minutes", "x")).toThrow("not a number above 0");
    expect(() => read("fuz")).toThrow(/unknown command 'fuz'[^]*Did you mean fuzz/);
});

test("the page shows each proof's last result, and which were not run", () => {
    const last: Recorded = { passed: false, partial: false, summary: "Some.", head: ["a", "b"], rows: [["x|y", "2"]], at: "2026-11-26T01:02:03.000Z", seconds: 120, machine: "M", commit: "c" }; // prettier-ignore
    const text = page(
        [
            { name: "one", proves: "it holds" },
            { name: "two", proves: "it holds, too" },
        ],
        { one: last },
    );
    expect(text).toContain("## one\n\nProves: it holds.\n\n**Failed** 2026-11-26 01:02 UTC at commit c, in 2 min on M.\n\nSome.\n\n| a | b |\n| --- | --- |\n| x\\|y | 2 |"); // prettier-ignore
    expect(text).toContain("## two\n\nProves: it holds, too.\n\nNot run yet.");
});

test("a version's checks all count, and one that is not good enough is named", () => {
    const report = (id: string, result: "ok" | "warning" | "failed") => ({ id, result, proves: "it holds", saw: `${id} seen`, seconds: 1 });
    const reports = [report("one", "ok"), report("two", "warning")];
    expect(judge(reports, ["ok", "warning"])).toBe("1 passed, 0 failed, 1 warning, 0 skipped (two)");
    expect(() => judge(reports, ["ok"])).toThrow("two warning: two seen");
    expect(() => judge([report("one", "failed")], ["ok", "warning"])).toThrow("one failed: one seen");
    expect(() => judge([], ["ok"])).toThrow("no check was run");
});

test("a version that failed or was not run shows where and why", () => {
    expect(row({ version: "13.23", cells: { up: "20.0 s" }, ended: { at: "preview", why: "exit code 255" } })).toEqual(["13.23", "20.0 s", "**failed**: exit code 255", ...Array<string>(8).fill("–")]); // prettier-ignore
    expect(row({ version: "13", cells: {}, ended: { at: "not run", why: "no package" } })).toEqual(["13", "**not run**: no package", ...Array<string>(9).fill("–")]); // prettier-ignore
});

test("the engine's table has a row for each file, in order, and names what failed", () => {
    const file = (name: string, status: string, tests: [string, string][]) => ({
        ...{ name: `/x/test/e2e/${name}.test.ts`, startTime: 1000, endTime: 4400, status, message: "" },
        assertionResults: tests.map(([title, state]) => ({ title, status: state })),
    });
    const report = {
        testResults: [
            file("10-https", "failed", []),
            file("02-sidecar", "failed", [["up", "passed"], ["ini", "failed"], ["later", "pending"], ["some day", "todo"]]), // prettier-ignore
            file("05-verify", "passed", [["verify", "passed"]]),
        ],
    };
    expect(results(report)).toEqual({
        rows: [
            ["02-sidecar", "1", "1", "2", "3 s"],
            ["05-verify", "1", "0", "0", "3 s"],
            ["10-https", "0", "1", "0", "3 s"],
        ],
        failed: ["02-sidecar: ini", "10-https: outside its tests"],
    });
});

test("files are chosen by how their names begin", () => {
    const all = ["01-bad-input", "02-sidecar", "12-host"];
    expect(chosen(all, [])).toEqual(all);
    expect(chosen(all, ["02", "12-host"])).toEqual(["02-sidecar", "12-host"]);
    expect(() => chosen(all, ["02-sidecar", "verify"])).toThrow(
        "no test file begins with verify. Fix: of 01-bad-input, 02-sidecar, 12-host",
    );
});

test("the engine's parts are pinned by their modules", () => {
    for (const part of ["engine", "containerd", "runc"] as const) expect(pinned(part)).toMatch(/^[1-9]\d*\.\d+\.\d+/);
});

test("Node's table has a dash for what was not reached, and begins with the oldest that engines allows", () => {
    expect(line({ version: "22.1.0", cells: ["9 passed", "**failed**: exit code 1"], failed: true })).toEqual(["22.1.0", "9 passed", "**failed**: exit code 1", "–"]); // prettier-ignore
    const { engines } = JSON.parse(fs.readFileSync("package.json", "utf8")) as { engines: { node: string } };
    expect(engines.node).toBe(`>=${majors[0]}`);
});

describe("the rolls", () => {
    const count = { rolls: 2, reloads: 1 };
    const seen = (ok: number, failed = 0) => ({ ok, failed, longest: 1500, said: [] });
    const four = (one = seen(1000)) => [one, seen(1000), seen(1000), seen(1000)];
    const plain = [seen(10, 90), seen(10, 90)];

    test("pass if nobody failed; a JDBC that tries one address is shown and not judged", () => {
        const { passed, partial, summary, head, rows } = rollsResult(count, [...four(), ...plain], four(), four());
        expect([passed, partial]).toEqual([true, true]);
        expect(summary).toContain("2 rolls: 0 of 4000 connections failed");
        expect(rows).toHaveLength(6);
        expect(rows.map(({ length }) => length)).toEqual(rows.map(() => head.length));
        expect(rows.at(-1)).toEqual(["JDBC as it comes", "100", "90", "1.5 s", "–", "–", "–", "–", "–"]);
    });

    test.each([
        ["a connection failed in a roll", four(seen(1000, 1)), four(), four()],
        ["a connection failed in a reload", four(), four(seen(1000, 1)), four()],
        ["a held session was cut", four(), four(), four(seen(1000, 1))],
        ["a client never came through in a reload", four(), four(seen(0)), four()],
        ["there were too few connections to say", four(seen(999)), four(), four()],
    ])("fail if %s", (_, rolled, reloaded, held) => {
        expect(rollsResult(count, [...rolled, ...plain], reloaded, held).passed).toBe(false);
    });
});
