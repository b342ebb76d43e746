import { Client } from "pg";
import { connect } from "../../../host/postgres";
import { inspectDatabase, roleOwner, Served, takesSessions } from "../../../preflight/database";
import { settingsOf } from "../fixture";
import { owner } from "./fixture";

jest.mock("../../../host/postgres");

test.each([
    [['search_path=pg_catalog, pg_temp, "pg-sidecar/stage"'], owner],
    [["statement_timeout=5s", "search_path=pg_catalog, pg_temp, pg-sidecar/stage"], owner],
    [["search_path=pg_catalog, public"], ""],
    [[], ""],
])("the mark on a role with %j is %j", (config, marked) => {
    expect(roleOwner(config)).toBe(marked);
});

const served = (more: Partial<Served> = {}): Served => ({
    ...{ name: "tracksolid_db", connectable: true, template: false, connectionLimit: -1 },
    ...more,
});

test.each([
    [{}, true],
    [{ connectionLimit: 0 }, true],
    [{ connectable: false }, false],
    [{ connectionLimit: -2 }, false],
])("a database with %j takes sessions: %s", (more, takes) => {
    expect(takesSessions(served(more))).toBe(takes);
});

/** Inspects a server whose first database is this one; in `readOnly` the sessions start read-only. Returns whereto it connected, too. */
async function inspect(first: Served, readOnly: string[] = []) {
    const connected: string[] = [];
    const admin = { name: "postgres", wanted: true, mayLogIn: true, privileged: true, verifier: "unknown", expired: false };
    const answers = (database: string): [RegExp, object[]][] => [
        [/server_version_num/, [{ version: 170_005 }]],
        [/datallowconn/, [served({ name: "postgres" }), first]],
        [/pg_settings/, readOnly.includes(database) ? [{ source: "database" }] : []],
        [/AS wanted/, [admin]],
        [/AS exists|AS is$/, [{ exists: true, is: false }]],
    ];
    jest.mocked(connect).mockImplementation((_, database) => {
        connected.push(database);
        const query = (text: string) => Promise.resolve({ rows: answers(database).find(([asked]) => asked.test(text))?.[1] ?? [{}] });
        return Promise.resolve({ query, end: () => Promise.resolve() } as unknown as Client);
    });
    const settings = settingsOf({ pgadminRole: "people", pgadminRoleSchemas: ["public"] });
    return { connected, facts: await inspectDatabase(settings) };
}

test("nobody connects to a database that an interrupted DROP DATABASE left, and its admins are known all the same", async () => {
    const { connected, facts } = await inspect(served({ connectionLimit: -2 }));
    expect(connected).toEqual(["postgres"]);
    expect(facts.users).toHaveProperty("postgres");
    expect(facts.readOnly).toEqual([]);
});

test("the first database is asked whether sessions start read-only there", async () => {
    const { connected, facts } = await inspect(served(), ["tracksolid_db"]);
    expect(new Set(connected)).toEqual(new Set(["postgres", "tracksolid_db"]));
    expect(facts.readOnly).toEqual([{ database: "tracksolid_db", source: "database" }]);
});
