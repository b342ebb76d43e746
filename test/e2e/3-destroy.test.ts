import { outside } from "./outside";
import { login } from "./pgadminlogin";
import { changing, longestPause, pulumi, Sidecar, sidecar, up } from "./sidecar";

let on: Sidecar;

beforeAll(async () => {
    on = await sidecar();
});

async function destroy() {
    const ran = await pulumi(on, ["destroy", ...changing]);
    if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr);
}

test("a destroy leaves everything else as it was before the up, but for the kept volume", async () => {
    const started = new Date();
    await up(on); // so that the volume is there, and the images
    await destroy();
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

    await destroy();
    expect(await outside(on)).toEqual(before);
    expect((await longestPause(on, started)).seconds).toBeLessThan(2);
});

test("destroying what is destroyed already is no error", async () => {
    await destroy();
});
