import { judgeVulnerabilities } from "../../../../cli/verify/checks/pooler";
import { compareVersions, hasEmptyName, vulnerabilitiesOf } from "../../../../cli/verify/vulnerabilities";
import { facts } from "./console";
import { seen } from "./seen";

test("versions are compared by number", () => {
    expect(compareVersions("1.9.0", "1.25.0")).toBeLessThan(0);
    expect(compareVersions("1.26.1", "1.26.1")).toBe(0);
});

test("known vulnerabilities are listed by version, and averted ones with the reason", () => {
    const ids = (version: string, config = facts.config) => vulnerabilitiesOf(version, config).open.map((one) => one.split(":")[0]);
    expect(ids("1.24.1")).toEqual(["CVE-2026-6664", "CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
    expect(ids("1.25.2")).toEqual(["CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
    expect(ids("1.26.1")).toEqual([]);
    const unsafe = {
        auth_query: "SELECT * FROM lookup($1)",
        ignore_startup_parameters: "extra_float_digits",
        max_packet_size: "4294967295",
    };
    expect(ids("1.26.0", unsafe)).toEqual(["CVE-2025-2291", "CVE-2026-107348", "CVE-2026-107349", "CVE-2026-107350"]);
    expect(judgeVulnerabilities(facts, "s").result).toBe("warning");
    expect(seen(judgeVulnerabilities({ ...facts, version: "1.26.1" }, "s"))).toMatch(
        /^ok: no known vulnerability is open in 1.26.1; averted: CVE-2025-2291/,
    );
});

test.each([
    ["extra_float_digits,", true],
    ["extra_float_digits, options", true],
    ["extra_float_digits,options", false],
    ["extra_float_digits", false],
    [",", true],
    ["", true],
])("a search of %j for the empty name ends: %s", (list, ends) => {
    expect(hasEmptyName(list)).toBe(ends);
});
