import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { outside } from "./support/outside";
import { login } from "./support/pgadminlogin";
import { run } from "../../lab/run";
import { psql } from "./support/clients";
import { longestPause } from "./support/database";
import { expectNoLeak, secretsOf } from "./support/secrets";
import { changing, pulumi, Sidecar, up, useStack } from "./support/stack";

const on = useStack("03-destroy", { deployed: false });

async function destroy(on: Sidecar) {
    const ran = await pulumi(on, ["destroy", ...changing]);
    if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr);
    return ran.stdout + ran.stderr;
}

test("a destroy leaves everything else as it was before the up, but for the kept volume", async () => {
    const started = new Date();
    await on.deployed(); // so that the volume is there, and the images
    await destroy(on);
    const before = await outside(on);
    expect(before.volumes).toContain("pgadmin-data");

    const from = Date.now();
    const out = await up(on);
    const seconds = (Date.now() - from) / 1000;
    console.log(`cold pulumi up with the images present, pgAdmin healthy included: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(30);
    // The volume has been through a destroy: the password on it is another stack's, so to speak.
    expect(await login(out)).toMatch(/\/browser\/?$/);
    expect((await outside(on)).schema).not.toBe(before.schema);

    const secrets = await secretsOf(on);
    const destroyed = await destroy(on);
    expect(await outside(on)).toEqual(before);
    const places = await expectNoLeak(on, secrets, { destroy: destroyed });
    expect(places.filter((place) => /^file pg/.test(place))).toEqual([]); // the volume that is kept has no password
    expect((await longestPause(on, started)).seconds).toBeLessThan(2);
});

test("destroying what is destroyed already is no error", async () => {
    await destroy(on);
});

test("a sidecar of the same name in another backend is left alone, and taken over once it is taken away", async () => {
    const out = await up(on);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-backend-"));
    const file = path.join(folder, "Pulumi.local.yaml");
    fs.writeFileSync(file, fs.readFileSync(on.env.PULUMI_OPTION_CONFIG_FILE!));
    const other = { ...on, env: { ...on.env, PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_OPTION_CONFIG_FILE: file } };
    fs.copyFileSync("Pulumi.yaml", path.join(folder, "Pulumi.yaml"));
    await run("pulumi", ["stack", "init", "local"], { env: other.env, cwd: folder });
    try {
        const before = await outside(on);
        let said = "";
        for (const args of [["preview"], ["up", ...changing]]) {
            const { code, stdout } = await pulumi(other, args);
            expect(stdout).toContain("already has a sidecar of a stack pg-sidecar/local, which is not in this state");
            expect(code).not.toBe(0);
            said = stdout;
        }
        expect(await outside(on)).toEqual(before);
        expect((await psql(on, out, "tracksolid_db", "SELECT 1")).code).toBe(0);

        const [remedy] = /docker rm -f \S+ \S+$/m.exec(said)!;
        await run("sh", ["-c", remedy], { env: on.env });
        expect((await psql(on, await up(other), "tracksolid_db", "SELECT 1")).code).toBe(0);
        await destroy(other);
    } finally {
        fs.rmSync(folder, { recursive: true });
        await up(on, "--refresh", "--replace", "**Grant::**");
    }
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});
