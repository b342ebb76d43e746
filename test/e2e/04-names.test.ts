import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { run } from "../../lab/run";
import { psql } from "./support/clients";
import { direct } from "./support/database";
import { containers, pulumi, removeConfig, setConfig, up, useStack } from "./support/stack";

const on = useStack("04-names");
const { clients } = on;

/** What PUBLIC and whom else the lookup functions let execute them, and which roles of ours there are. */
async function inDatabase() {
    const functions = await direct(
        on,
        "SELECT proname AS name, proacl::text AS acl FROM pg_proc WHERE proname LIKE '%lookup%' AND pronamespace = 'public'::regnamespace",
    );
    const roles = await direct<{ rolname: string }>(
        on,
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pg%bouncer%' OR rolname LIKE 'pooler%'",
    );
    return { functions, roles: roles.map(({ rolname }) => rolname) };
}

// Every name can be changed on a running stack, and changed back; nothing of the old one stays, and PUBLIC gets nothing.
test.each([
    [
        { authUser: "pooler2" },
        true,
        { functions: [{ name: "user_lookup", acl: "{postgres=X/postgres,pooler2=X/postgres}" }], roles: ["pooler2"] },
    ],
    [
        { authFunction: "public.other_lookup" },
        true,
        { functions: [{ name: "other_lookup", acl: "{postgres=X/postgres,pgbouncer=X/postgres}" }], roles: ["pgbouncer"] },
    ],
    [
        { authUser: "pooler2", authFunction: "public.other_lookup", rotation: "1" },
        true,
        { functions: [{ name: "other_lookup", acl: "{postgres=X/postgres,pooler2_2=X/postgres}" }], roles: ["pooler2_2"] },
    ],
    [
        { listenPort: "6433", pgbouncerAlias: "pooler", serverResetQueryAlways: "false" },
        false, // the clients know the old name
        { functions: [{ name: "user_lookup", acl: "{postgres=X/postgres,pgbouncer=X/postgres}" }], roles: ["pgbouncer"] },
    ],
])("with %j the stack comes up, and back again; no login fails meanwhile: %s", async (settings, holds, expected) => {
    const query = ([host, port]: [string, string]) =>
        run("docker", [
            "exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, on.out.pgbouncerContainer,
            "psql", "-h", host, "-p", port, "-U", "postgres", "-d", "tracksolid_db", "-AtXc", "SELECT 'through'",
        ]); // prettier-ignore
    const before = await inDatabase();
    const { failures } = await clients.connecting(async () => {
        try {
            for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
            await on.up();
            expect(await query(on.out.poolerAddress.split(":") as [string, string])).toBe("through\n");
            expect(await inDatabase()).toEqual(expected);
        } finally {
            for (const key of Object.keys(settings)) await removeConfig(on, key);
            await on.up();
        }
    });
    if (holds) expect(failures).toEqual([]);
    expect(on.out.poolerAddress).toBe("pgbouncer:6432");
    expect(await query(["pgbouncer", "6432"])).toBe("through\n");
    expect(await inDatabase()).toEqual(before);
    expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});

test("a stack that is renamed takes its things along", async () => {
    const before = await inDatabase();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-rename-"));
    const file = path.join(folder, "Pulumi.local.yaml");
    fs.copyFileSync("Pulumi.yaml", path.join(folder, "Pulumi.yaml"));
    const rename = async (from: string, to: string) => {
        fs.copyFileSync(on.env.PULUMI_OPTION_CONFIG_FILE!, file); // beside Pulumi.yaml, where the CLI renames it as well
        await run("pulumi", ["stack", "rename", "--stack", from, to], { env: { ...on.env, PULUMI_OPTION_CONFIG_FILE: file }, cwd: folder });
    };
    const answered = async () => (await psql(on, on.out, "tracksolid_db", "SELECT 'through'")).stdout;
    await rename("local", "renamed");
    try {
        const renamed = { ...on, env: { ...on.env, PULUMI_STACK: "renamed" } };
        on.out = await up(renamed);
        expect(await answered()).toBe("through\n");
        expect(await inDatabase()).toEqual(before);
        expect(await containers("pgbouncer")).toEqual([]); // none is marked as the former's
        expect((await pulumi(renamed, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
    } finally {
        await rename("renamed", "local");
        fs.rmSync(folder, { recursive: true });
        await on.up();
    }
    expect(await answered()).toBe("through\n");
    expect(await inDatabase()).toEqual(before);
});
