import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { attempt, run, until } from "../../../lab/run";
import { setup } from "../../e2e/support/browser/pgadmin";
import { psql } from "../../e2e/support/clients";
import { outside } from "../../e2e/support/outside";
import { login } from "../../e2e/support/pgadminlogin";
import { changing, pulumi, removeConfig, setConfig, up, useStack } from "../../e2e/support/stack";

// What another has made is left alone, and taken over once it is out of the way.

const on = useStack("rare-takeover");

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
        expect((await pulumi(other, ["destroy", ...changing])).code).toBe(0);
    } finally {
        fs.rmSync(folder, { recursive: true });
        await up(on, "--refresh", "--replace", "**Grant::**");
    }
    expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
});

test("a volume of a pgAdmin that compose ran is taken over by its name, with what its users had", async () => {
    const volume = `compose-${on.lab.id}_pgadmin-data`;
    const container = `compose-${on.lab.id}_pgadmin`;
    const labels = ["com.docker.compose.project=compose", "com.docker.compose.volume=pgadmin-data"].flatMap((label) => ["--label", label]);
    await run("docker", ["volume", "create", ...labels, volume]);
    try {
        await run("docker", [
            ...["run", "-d", "--name", container, "-v", `${volume}:/var/lib/pgadmin`, "-e", "PGADMIN_DEFAULT_EMAIL=old@example.com"],
            ...["-e", "PGADMIN_DEFAULT_PASSWORD=old-password", "-e", "PGADMIN_LISTEN_PORT=8080", on.images.pgadmin],
        ]);
        const inOld = ["exec", container, "/venv/bin/python3"];
        await until("compose's pgAdmin", 90, async () => (await attempt("docker", [...inOld, "-c", 'import urllib.request as r; r.urlopen("http://127.0.0.1:8080/misc/ping")'])).code === 0); // prettier-ignore
        await setConfig(on, "pgadminVolume", volume);
        const held = await pulumi(on, ["up", ...changing]);
        expect(held.stdout).toContain(`the volume ${volume} is already that of container ${container}`);
        await run("docker", ["rm", "-f", container]);

        await on.up();
        expect(await login(on.out)).toMatch(/\/browser\/?$/);
        expect(await setup(on.out, "get-users")).toContain("old@example.com");
        expect((await pulumi(on, ["preview", "--refresh", "--expect-no-changes"])).code).toBe(0);
        expect((await pulumi(on, ["destroy", ...changing])).code).toBe(0);
        expect((await attempt("docker", ["volume", "inspect", volume])).code).toBe(0); // kept
    } finally {
        await removeConfig(on, "pgadminVolume");
        await attempt("docker", ["rm", "-f", container]);
        await on.up();
        await attempt("docker", ["volume", "rm", volume]);
    }
});
