import { run } from "../../../lab/run";
import { direct } from "./database";
import { containers, pulumi, removeConfig, setConfig, Stack } from "./stack";

/** The lookup functions with whom they let execute them, and the roles of ours. */
export interface InDatabase {
    functions: { name: string; acl: string }[];
    roles: string[];
}

/** What PUBLIC and whom else the lookup functions let execute them, and which roles of ours there are. */
export async function inDatabase(on: Stack): Promise<InDatabase> {
    const functions = await direct<InDatabase["functions"][number]>(
        on,
        "SELECT proname AS name, proacl::text AS acl FROM pg_proc WHERE proname LIKE '%lookup%' AND pronamespace = 'public'::regnamespace",
    );
    const roles = await direct<{ rolname: string }>(
        on,
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pg%bouncer%' OR rolname LIKE 'pooler%'",
    );
    return { functions, roles: roles.map(({ rolname }) => rolname) };
}

/**
 * Changes names on a running stack under load, and changes them back; nothing of the old ones stays, and PUBLIC gets nothing.
 * If `holds`, no login fails meanwhile.
 */
export async function changeNames(on: Stack, settings: Record<string, string>, holds: boolean, expected: InDatabase): Promise<void> {
    const query = ([host, port]: [string, string]) =>
        run("docker", [
            "exec", "-e", `PGPASSWORD=${on.lab.databasePassword}`, on.out.pgbouncerContainer,
            "psql", "-h", host, "-p", port, "-U", "postgres", "-d", "tracksolid_db", "-AtXc", "SELECT 'through'",
        ]); // prettier-ignore
    const before = await inDatabase(on);
    const { failures } = await on.clients.connecting(async () => {
        try {
            for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
            await on.up();
            expect(await query(on.out.poolerAddress.split(":") as [string, string])).toBe("through\n");
            expect(await inDatabase(on)).toEqual(expected);
        } finally {
            for (const key of Object.keys(settings)) await removeConfig(on, key);
            await on.up();
        }
    });
    if (holds) expect(failures).toEqual([]);
    expect(on.out.poolerAddress).toBe("pgbouncer:6432");
    expect(await query(["pgbouncer", "6432"])).toBe("through\n");
    expect(await inDatabase(on)).toEqual(before);
    expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
}
