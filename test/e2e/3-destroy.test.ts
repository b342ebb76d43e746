import { login } from "./pgadminlogin";
import { attempt, changing, direct, longestPause, pulumi, run, Sidecar, sidecar, until, up } from "./sidecar";

let on: Sidecar;

beforeAll(async () => {
    on = await sidecar();
});

async function destroy() {
    const ran = await pulumi(on, ["destroy", ...changing]);
    if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr);
}

/** All that is outside the sidecar, and none of its own. */
async function outside() {
    const inDatabase = (...command: string[]) => run("docker", ["exec", "-u", "postgres", on.lab.databaseContainer, ...command]);
    const lines = async (...args: string[]) => (await run("docker", args)).trim().split("\n").sort();
    // Newer dumps guard themselves with a random word.
    const steady = (text: string) => text.replace(/^\\(un)?restrict .*$/gm, "");
    return {
        schema: steady(await inDatabase("pg_dump", "--schema-only", "tracksolid_db")),
        roles: steady(await inDatabase("pg_dumpall", "--roles-only")),
        networks: await lines("network", "ls", "--format", "{{.ID}} {{.Name}}"),
        containers: await lines("ps", "-a", "--format", "{{.ID}} {{.Names}}"),
        volumes: await lines("volume", "ls", "--format", "{{.Name}}"),
    };
}

test("a destroy leaves everything else as it was before the up, but for the kept volume", async () => {
    const started = new Date();
    await up(on); // so that the volume is there, and the images
    await destroy();
    const before = await outside();
    expect(before.volumes).toContain("pgadmin-data");

    const from = Date.now();
    const out = await up(on);
    const seconds = (Date.now() - from) / 1000;
    console.log(`cold pulumi up with the images present, pgAdmin healthy included: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(30);
    // The volume has been through a destroy: the password on it is another stack's, so to speak.
    expect(await login(out)).toMatch(/\/browser\/?$/);
    expect((await outside()).schema).not.toBe(before.schema);

    await destroy();
    expect(await outside()).toEqual(before);
    expect((await longestPause(on, started)).seconds).toBeLessThan(2);
});

test("destroying what is destroyed already is no error", async () => {
    await destroy();
});

describe("an up cut midway", () => {
    // Each `up` is killed as soon as that much of it stands.
    test.each([
        ["the role", () => direct(on, "SELECT 1 FROM pg_roles WHERE rolname = 'pgbouncer'")],
        [
            "the pooler's container",
            async () =>
                (await run("docker", ["ps", "-q", "--filter", "label=pg-sidecar.stack=pg-sidecar/local"])).split("\n").filter(Boolean),
        ],
    ])("after %s is mended by the next one", async (_, there) => {
        await destroy();
        const child = pulumi(on, ["up", ...changing], { env: { PULUMI_TEST_MARK: "cut" } });
        await until("that much of the up", 60, async () => (await there()).length > 0);
        await killMarked();
        await child;
        await pulumi(on, ["cancel", "--yes"]); // a killed run leaves its lock; the CLI says so and names this command
        const out = await up(on);
        expect(await login(out)).toMatch(/\/browser\/?$/);
        expect((await pulumi(on, ["refresh", "--clear-pending-creates", ...changing])).code).toBe(0);
        const again = await pulumi(on, ["preview", "--refresh", "--expect-no-changes"]);
        expect(again.stdout + again.stderr).not.toContain("pending operations");
        expect(again.code).toBe(0);
    });
});

/** Kills the CLI and its plugins, found by a mark in their environment. */
async function killMarked(): Promise<void> {
    await attempt("sh", ["-c", "for p in $(grep -lsz '^PULUMI_TEST_MARK=cut' /proc/[0-9]*/environ | cut -d/ -f3); do kill -9 $p; done"]);
}
