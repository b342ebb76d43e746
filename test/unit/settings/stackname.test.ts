import { complaint, Overrides, settingsOf } from "../fixture";

describe("a stack's name", () => {
    test.each<[Overrides, number, string]>([
        [{}, 52, "PostgreSQL cuts pg-sidecar/NAME, the mark of the stack's roles, after 63 characters"],
        [{ metrics: true }, 36, "a part of a DNS name has 63 characters at most (pgbouncer-database-metrics-NAME)"],
        [{ metrics: true, pgbouncerAlias: "pool.example" }, 38, "has 63 characters at most (pool.example-database-metrics-NAME)"],
        [{ pgbouncerAlias: "a".repeat(63) }, 52, "PostgreSQL cuts"],
    ])("with %j may have %d characters and no more", (overrides, most, why) => {
        const longest = "s".repeat(most);
        expect(settingsOf(overrides, { stack: longest }).stack).toBe(longest);
        const said = complaint(overrides, { stack: `${longest}s` });
        expect(said).toContain(`stack has a name of ${most + 1} characters, and it may have at most ${most}: `);
        expect(said).toContain(why);
        expect(said).toContain(`Fix: pulumi stack rename --stack ${longest}s ${longest}   (`);
    });

    test("that is cut in the fix ends with a letter or a digit", () => {
        expect(complaint({}, { stack: `${"s".repeat(50)}-_rest` })).toContain(` ${"s".repeat(50)}   (`);
    });

    test("with dots may be longer with metrics, since DNS limits each part", () => {
        const stack = `${"s".repeat(36)}.${"t".repeat(15)}`;
        expect(settingsOf({ metrics: true }, { stack }).stack).toBe(stack);
        const said = complaint({ metrics: true }, { stack: `s${stack}` });
        expect(said).toContain("stack has a name of 37 characters before its first dot, and it may have at most 36: ");
        expect(said).toContain(`Fix: pulumi stack rename --stack s${stack} ${stack}   (`);
    });

    test.each([
        ["stage", 60],
        ["s".repeat(36), 10],
    ])("of %s is not blamed for a pgbouncerAlias of %d characters", (stack, length) => {
        const said = complaint({ metrics: true, pgbouncerAlias: "a".repeat(length) }, { stack });
        expect(said).toMatch(new RegExp(`Fix: pulumi config set --stack ${stack} pgbouncerAlias pgbouncer$`));
    });

    test("and an alias that are both too long get both fixes", () => {
        const stack = "s".repeat(37);
        const said = complaint({ metrics: true, pgbouncerAlias: "a".repeat(10) }, { stack });
        const rename = `pulumi stack rename --stack ${stack} ${"s".repeat(36)}   (`;
        expect(said).toContain(`Fix: pulumi config set --stack ${stack} pgbouncerAlias pgbouncer; ${rename}`);
    });
});
