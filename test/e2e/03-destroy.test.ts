import { outside } from "./support/outside";
import { login } from "./support/pgadminlogin";
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
    console.log(`cold pulumi up with the images present, pgAdmin healthy included: ${((Date.now() - from) / 1000).toFixed(1)} s`);
    // The volume has been through a destroy: the password on it is another stack's, so to speak.
    expect(await login(out)).toMatch(/\/browser\/?$/);
    expect((await outside(on)).schema).not.toBe(before.schema);

    const secrets = await secretsOf(on);
    const destroyed = await destroy(on);
    expect(await outside(on)).toEqual(before);
    const places = await expectNoLeak(on, secrets, { destroy: destroyed });
    expect(places.filter((place) => /^file pg/.test(place))).toEqual([]); // the volume that is kept has no password
    expect((await longestPause(on, started)).seconds).toBeLessThan(5);
}, 600_000);

test("destroying what is destroyed already is no error", async () => {
    await destroy(on);
});
