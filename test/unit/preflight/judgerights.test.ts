import { DatabaseFacts } from "../../../preflight/database";
import { judgeRights } from "../../../preflight/judgerights";
import { LoginRights, RoleSchema } from "../../../preflight/rights";
import { Overrides, settingsOf } from "../fixture";
import { remove, set, superuser } from "./fixture";

const psql = (database: string) => `psql -h 127.0.0.1 -p 5432 -U postgres -d ${database} -c`;

interface Around {
    /** What the state lists. */
    roles?: string[];
    functionOwner?: string;
    superusers?: string[];
    roleSchemas?: RoleSchema[];
    on?: Overrides;
}

/** What is said of `keeper`, who has all rights that are needed but for these. */
function judge(rights: Partial<LoginRights>, around: Around = {}) {
    const { roles = [], functionOwner = "", superusers = ["ops", "postgres"], roleSchemas = [], on = {} } = around;
    const settings = settingsOf({ "postgresql:username": "keeper", "postgresql:superuser": "false", ...on });
    const facts = {
        rights: { ...superuser, superuser: false, ...rights },
        superusers,
        functionOwner,
        roleSchemas,
    } as unknown as DatabaseFacts;
    return judgeRights(facts, settings, { roles });
}

test("a superuser lacks nothing, and a login with all the rights neither", () => {
    expect(judge({ superuser: true }, { on: { "postgresql:superuser": undefined } })).toEqual([]);
    expect(judge({})).toEqual([]);
});

test("a login that is not a superuser has to be set as such", () => {
    expect(judge({}, { on: { "postgresql:superuser": "true" } })).toMatchObject([
        { level: "error", what: expect.stringContaining("would fail when it reads a password"), fix: `${set} postgresql:superuser false` },
    ]);
    expect(judge({ superuser: true })).toMatchObject([
        {
            level: "warning",
            what: expect.stringContaining("is a superuser, but postgresql:superuser is false: the provider"),
            fix: `${remove} postgresql:superuser`,
        },
    ]);
});

test.each<[string, Partial<LoginRights>, string, string]>([
    ["CREATEROLE", { createRoles: false }, "may not create roles", `${psql("postgres")} 'ALTER ROLE "keeper" CREATEROLE'`],
    [
        "pg_authid",
        { readVerifiers: false },
        "may not read pg_authid",
        `${psql("tracksolid_db")} 'GRANT SELECT ON pg_catalog.pg_authid TO "keeper"'`,
    ],
    [
        "CONNECT",
        { ungrantable: ["tracksolid_db"] },
        "can't let a role connect to tracksolid_db",
        `${psql("postgres")} 'GRANT CONNECT ON DATABASE "tracksolid_db" TO "keeper" WITH GRANT OPTION'`,
    ],
    [
        "a schema",
        { createFunction: false, grantUsage: false },
        "in schema public it can't create a function, nor let a role use it",
        `${psql("tracksolid_db")} 'CREATE SCHEMA IF NOT EXISTS "sidecar" AUTHORIZATION "keeper"'; ${set} authFunction sidecar.user_lookup`,
    ],
    ["another's tables", { strangers: ["app"] }, "it can't act as app, whose tables are there", `${set} authFunction sidecar.user_lookup`],
])("what is missing of %s is an error with a superuser's statement, or another login", (_, rights, what, fix) => {
    const [finding, ...others] = judge(rights);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ level: "error" });
    expect(finding!.what).toContain(what);
    expect(finding!.fix).toContain(fix);
    expect(finding!.fix).toContain(`, or ${set} postgresql:username postgres; `);
});

test("all of it is said at once", () => {
    const rights = {
        createRoles: false,
        readVerifiers: false,
        createFunction: false,
        ungrantable: ["tracksolid_db"],
        readStatistics: false,
    };
    expect(judge(rights, { on: { "postgresql:superuser": "true" } }).map(({ level }) => level)).toEqual([
        ...Array(5).fill("error"),
        "warning",
    ]);
});

test("what another login made of the stack can't be handed over; strangers' roles are not asked for", () => {
    const rights = { unadministered: ["pgbouncer", "pg_monitor", "pgbouncer_2"], functionOf: "postgres" };
    const [member, made, ...others] = judge(rights, { roles: ["pgbouncer"], functionOwner: "pg-sidecar/stage" });
    expect(others).toEqual([]);
    expect(member!.fix).toContain(`${psql("postgres")} 'GRANT "pg_monitor" TO "keeper" WITH ADMIN OPTION', or `);
    expect(made!.what).toContain("neither change nor drop what another login has made: role pgbouncer, function public.user_lookup");
    expect(made!.fix).toContain(`${set} postgresql:username postgres; `);
    expect(made!.fix).toContain("pulumi destroy --stack stage");
});

test("Supabase's superuser is the one who grants there", () => {
    expect(judge({ createRoles: false }, { superusers: ["supabase_admin", "x"] })[0]!.fix).toContain("-U supabase_admin ");
});

test.each([
    ["Ops Team; $(id)", "'Ops Team; $(id)'"],
    ["o'ps", "'o'\\''ps'"],
    ["a\nb", "SUPERUSER"],
])("the superuser %j is named in the shell's quotes, if a reader can copy it", (name, word) => {
    expect(judge({ createRoles: false }, { superusers: [name] })[0]!.fix).toContain(`, or ${set} postgresql:username ${word}; `);
});

test("a schema that pgadminRole is to read has to be grantable, and its owners' roles, too", () => {
    const schema = { database: "dwh", schema: "marts", exists: true, grantable: true, strangers: [] as string[] };
    expect(judge({}, { roleSchemas: [schema, { ...schema, exists: false, grantable: false }] })).toEqual([]);
    const [finding] = judge({}, { roleSchemas: [{ ...schema, grantable: false, strangers: ["app"] }] });
    expect(finding!.what).toContain("can't let pgadminRole read all that is in schema marts of dwh");
    expect(finding!.fix).toContain(
        `${psql("dwh")} 'GRANT USAGE ON SCHEMA "marts" TO "keeper" WITH GRANT OPTION' ` +
            `-c 'GRANT SELECT ON ALL TABLES IN SCHEMA "marts" TO "keeper" WITH GRANT OPTION' -c 'GRANT "app" TO "keeper"', or `,
    );
});
