import { vulnerabilitiesOf } from "../../../../cli/verify/judgevulnerabilities";
import { hasEmptyName, ofPgadmin, ofPgbouncer, PgadminConfig } from "../../../../cli/verify/vulnerabilities";
import { facts } from "./console";

test("pgbouncer's are judged by its version and its configuration", () => {
    const ids = (version: string, config = facts.config) =>
        vulnerabilitiesOf(ofPgbouncer, version, config).open.map((one) => one.split(":")[0]);
    expect(ids("1.24.1")).toEqual(["CVE-2026-6664", "CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
    expect(ids("1.25.2")).toEqual(["CVE-2026-6668", "CVE-2026-19888", "CVE-2026-107350"]);
    expect(ids("1.26.1")).toEqual([]);
    const unsafe = {
        ...facts.config,
        auth_query: "SELECT * FROM lookup($1)",
        ignore_startup_parameters: "extra_float_digits",
        max_packet_size: "4294967295",
    };
    expect(ids("1.26.0", unsafe)).toEqual(["CVE-2025-2291", "CVE-2026-107348", "CVE-2026-107349", "CVE-2026-107350"]);
});

test("pgAdmin's are judged by its version, its users and its account's files", () => {
    const plain: PgadminConfig = { sources: ["internal"], hook: false, assistant: false, users: 1, credentials: [] };
    const ids = (version: string, config = plain) => vulnerabilitiesOf(ofPgadmin, version, config).open.map((one) => one.split(":")[0]);
    expect(ids("9.16")).toEqual(["CVE-2026-17346", "CVE-2026-17348", "CVE-2026-17566", "CVE-2026-86864", "CVE-2026-116241"]);
    expect(ids("9.17")).toEqual(["CVE-2026-86864", "CVE-2026-116241"]);
    expect(ids("9.18")).toEqual(["CVE-2026-116241"]);
    expect(ids("9.19")).toEqual([]);
    expect(ids("10.0")).toEqual([]);
    const open = { sources: ["internal", "webserver"], hook: true, assistant: true, users: 2, credentials: ["/root/.pgpass"] };
    const all = ofPgadmin.map(({ id }) => id);
    expect(ids("9.16", open)).toEqual(all.filter((id) => id !== "CVE-2026-86861"));
});

test("each is in the table once, and says who can use it and how that is known", () => {
    const all = [...ofPgbouncer, ...ofPgadmin];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { id, by, known } of all)
        expect([id, /^CVE-\d{4}-\d+$/.test(id), by.length > 5, known.length > 5]).toEqual([id, true, true, true]);
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
