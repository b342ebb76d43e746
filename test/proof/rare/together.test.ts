import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { run } from "../../../lab/run";
import { psql } from "../../e2e/support/clients";
import { changeNames, InDatabase, inDatabase } from "../../e2e/support/names";
import { containers, pulumi, up, useStack } from "../../e2e/support/stack";

const on = useStack("rare-together");

// Each name alone: names.test.ts.
test.each<[Record<string, string>, boolean, InDatabase]>([
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
])("with %j the stack comes up, and back again; no login fails meanwhile: %s", (...names) => changeNames(on, ...names));

test("a stack that is renamed takes its things along", async () => {
    const before = await inDatabase(on);
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
        expect(await inDatabase(on)).toEqual(before);
        expect(await containers("pgbouncer")).toEqual([]); // none is marked as the former's
        expect((await pulumi(renamed, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
    } finally {
        await rename("renamed", "local");
        fs.rmSync(folder, { recursive: true });
        await on.up();
    }
    expect(await answered()).toBe("through\n");
    expect(await inDatabase(on)).toEqual(before);
});
