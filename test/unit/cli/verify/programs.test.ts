import * as fs from "fs";
import * as path from "path";
import { program, statements } from "../../../../cli/verify/programs";

const folder = path.join(__dirname, "../../../../cli/verify");

test("a placeholder without a value is an error that names it", () => {
    expect(() => program("leaks.sh", { psql: "psql" })).toThrow("leaks.sh: nothing is given for {{chains}}");
    expect(program("leaks.sh", { psql: "psql", chains: 6 })).toContain("$(seq 6)");
});

test("a value is filled in unchanged, whatever is in it", () => {
    expect(program("leaks.sh", { psql: "'$&' '$1'", chains: 6 })).toContain("timeout 10 '$&' '$1')");
});

test("statements come one by one, without their semicolon and without comments", () => {
    const asked = statements("password-expiry.sql", { name: "n", verifier: "v", role: "pgbouncer", function: "public.f" });
    expect(asked).toHaveLength(8);
    expect(asked[0]).toBe("CREATE ROLE n LOGIN PASSWORD 'v' VALID UNTIL 'tomorrow'");
    expect(asked.join("\n")).not.toMatch(/^--|;$/m);
});

test("the traps come first in search_path, before anybody asks", () => {
    const asked = statements("search-path-traps.sql", { name: "n", verifier: "v", role: "pgbouncer", function: "public.f" });
    expect(asked).toHaveLength(25);
    expect(asked[0]).toBe("SET LOCAL session_replication_role = replica"); // before what event triggers fire for
    const asks = asked.findIndex((statement) => statement.includes("public.f("));
    expect(asked.indexOf("SET LOCAL search_path = n, pg_catalog")).toBeGreaterThan(0);
    expect(asked.indexOf("SET LOCAL search_path = n, pg_catalog")).toBeLessThan(asks);
});

test.each(fs.readdirSync(folder).filter((name) => /\.(sh|sql|py)$/.test(name)))("each placeholder of %s is written as {{name}}", (name) => {
    const text = fs.readFileSync(path.join(folder, name), "utf8");
    expect(text.match(/\{\{|\}\}/g)?.length ?? 0).toBe(2 * (text.match(/\{\{\w+\}\}/g)?.length ?? 0));
});
