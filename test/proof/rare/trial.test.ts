import { attempt, run } from "../../../lab/run";
import { changing, outputs, pulumi, setConfig, up, useStack } from "../../e2e/support/stack";

// Another pgAdmin is tried on a copy of the volume before the one that runs makes room for it: one that would not start costs nothing.

const on = useStack("trial");
const made: string[] = [];

afterEach(async () => {
    await setConfig(on, "pgadminImage", on.images.pgadmin);
    await setConfig(on, "pgadminEmail", on.out.pgadminEmail);
});
afterAll(async () => {
    for (const image of made) await attempt("docker", ["rmi", image]);
});

/** The stack's image of pgAdmin, changed by a shell script that root runs in it; only on this engine. */
async function image(tag: string, script: string): Promise<string> {
    const name = `${on.images.pgadmin.replace(/:[^/]*$/, "")}:${tag}`;
    const id = (await run("docker", ["create", "--user", "root", "--entrypoint", "sh", on.images.pgadmin, "-ec", script])).trim();
    try {
        await run("docker", ["start", "-a", id]);
        await run("docker", ["commit", "-c", 'ENTRYPOINT ["/entrypoint.sh"]', "-c", "CMD []", "-c", "USER 5050", id, name]);
    } finally {
        await run("docker", ["rm", "-f", "-v", id]);
    }
    made.push(name);
    return name;
}

/** Runs an `up` that has to fail while the pgAdmin that is there answers without a pause; returns what it said, and the seconds that it took. */
async function refused(): Promise<{ said: string; seconds: number }> {
    let going = true;
    const pings = { ok: 0, failed: [] as string[] };
    const pinging = (async () => {
        while (going) {
            const answer = await fetch(`${on.out.pgadminUrl}/misc/ping`, { signal: AbortSignal.timeout(5000) }).then(
                (one) => one.text(),
                String,
            );
            if (answer === "PING") pings.ok++;
            else pings.failed.push(answer);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    })();
    const from = Date.now();
    const ran = await pulumi(on, ["up", ...changing]);
    going = false;
    await pinging;
    expect(pings.failed).toEqual([]);
    expect(pings.ok).toBeGreaterThan(10);
    expect(ran.code).not.toBe(0);
    expect((await outputs(on)).pgadminContainer).toBe(on.out.pgadminContainer);
    const said = ran.stdout + ran.stderr;
    expect(said).not.toContain("    at "); // no stack trace
    // Nothing of the trial is left, and with the image of before nothing is to do.
    expect((await run("docker", ["ps", "-aq", "--filter", "volume=pgadmin-data"])).trim().split("\n")).toHaveLength(1);
    return { said, seconds: (Date.now() - from) / 1000 };
}

const unchanged = async () => {
    const { stdout, code } = await pulumi(on, ["preview", "--expect-no-changes"]);
    if (code !== 0) throw new Error(stdout);
};

test("an image that is no pgAdmin", async () => {
    await setConfig(on, "pgadminImage", on.images.pgbouncer);
    const { said } = await refused();
    expect(said).toContain(`pgadminImage: ${on.images.pgbouncer} can't take the place of the pgAdmin that is there, which was left as it is: it is not an image of pgAdmin`); // prettier-ignore
    await setConfig(on, "pgadminImage", on.images.pgadmin);
    await up(on);
    await unchanged();
});

test("one that is older than what the stack needs", async () => {
    await setConfig(on, "pgadminImage", await image("9.15", "sed -i 's/^APP_REVISION = .*/APP_REVISION = 15/' /pgadmin4/version.py"));
    expect((await refused()).said).toContain("this is pgAdmin 9.15; the stack needs 9.16 or newer");
});

test("one whose migration of the volume fails", async () => {
    const bad = `cd /pgadmin4 && sed -i 's/^SCHEMA_VERSION = .*/SCHEMA_VERSION = 999/' pgadmin/model/__init__.py
head=$(/venv/bin/python3 -c 'import re, glob
all = [open(f).read() for f in glob.glob("migrations/versions/*.py")]
ids = {re.search(r"^revision = .(\\w+).", t, re.M)[1] for t in all if re.search(r"^revision = ", t, re.M)}
print((ids - {m for t in all for m in re.findall(r"^down_revision = .(\\w+).", t, re.M)}).pop())')
printf 'revision = "bad"\\ndown_revision = "%s"\\nbranch_labels = None\\ndepends_on = None\\ndef upgrade():\\n    raise Exception("no room")\\n' "$head" > migrations/versions/bad_.py`;
    await setConfig(on, "pgadminImage", await image("bad", bad));
    expect((await refused()).said).toMatch(/can't (take over the volume|migrate the volume's pgadmin4.db), which is left as it was/);
    await setConfig(on, "pgadminImage", on.images.pgadmin);
    await on.up();
    await unchanged();
});

test("a good one takes its place, and another address too", async () => {
    await setConfig(on, "pgadminImage", await image("good", ": > /etc/another"));
    const from = Date.now();
    const after = await up(on);
    console.log(`an up with another image, its trial included: ${(Date.now() - from) / 1000} s`);
    expect(after.pgadminContainer).not.toBe(on.out.pgadminContainer);
    await setConfig(on, "pgadminImage", on.images.pgadmin);
    await setConfig(on, "pgadminEmail", "admin@corp.local");
    await up(on);
    await setConfig(on, "pgadminEmail", on.out.pgadminEmail);
    await on.up();
    await unchanged();
});
