import * as net from "net";
import { attempt, run, until } from "../../lab/run";
import { changing, containers, outputs, pulumi, removeConfig, setConfig, useStack } from "./support/stack";
import { Report } from "../../cli/verify/check";
import { Remote } from "./support/remote";
import { Sshd } from "./support/sshd";

// From a laptop: the Docker host over ssh, and a database of which no port is published, through a tunnel.

const on = useStack("09-remote");
const { clients, pooledAnswers } = on;
let sshd: Sshd;
let remote: Remote;

beforeAll(async () => {
    remote = await Remote.begin(on);
    sshd = remote.sshd;
});

afterAll(async () => {
    await remote.end(); // the next file's `up` deploys on the engine at hand again
});

async function tunnelledUp(): Promise<void> {
    await remote.pulumi("up", ...changing);
    on.out = await outputs(on);
}

/** Whether somebody listens on the tunnel's port. */
const listens = () =>
    new Promise<boolean>((resolve) => {
        const socket = net.connect(remote.tunnelPort, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
        socket.on("connect", () => socket.destroy());
    });

test("no port of the host leads to the database, and an up without the tunnel says so and changes nothing", async () => {
    expect(await run("docker", ["port", on.lab.databaseContainer])).toBe("");
    const { code, stdout } = await pulumi(on, ["up", ...changing]);
    expect(stdout).toContain(`the database at 127.0.0.1:${remote.tunnelPort} can't be reached`);
    expect(stdout).toContain("Fix: open a tunnel to it: ./sidecar tunnel --stack local -- pulumi up --stack local");
    expect(code).not.toBe(0);
});

test.each<[string, { key?: string; knownHosts?: string; at?: string; port?: number }, RegExp, RegExp]>([
    ["a wrong key", { key: "stranger" }, /Permission denied \(publickey\)/, /ssh-add FILE/],
    ["an unknown host", { knownHosts: "nothing" }, /[Hh]ost key (is known|verification failed)/, /accept the host's key .*: ssh -p \d+ \w+@127\.0\.0\.1 true/],
    ["a changed host key", { knownHosts: "changed" }, /HOST IDENTIFICATION HAS CHANGED/, /ssh-keygen -R '\[127\.0\.0\.1\]:\d+'/],
    ["no Docker on the far side", { key: "nodocker" }, /docker: (command )?not found/, /install Docker on that host, until this works: ssh -p \d+ \w+@127\.0\.0\.1 docker version/],
    ["no right to use Docker there", { key: "norights" }, /dial unix \S+: connect: permission denied/, /usermod -aG docker \w+; then here, ssh -o ControlPath=\S+ -O exit -p \d+/],
    ["an engine that is down there", { key: "down" }, /dial unix \S+: connect: no such file/, /ssh -p \d+ \S+ systemctl start docker/],
    ["a name that nobody knows", { at: "no-such-host.invalid" }, /Could not resolve hostname no-such-host\.invalid/, /take its address/],
    ["a port on which nothing listens", { port: 1 }, /port 1: Connection refused/, /start sshd there/],
])("%s stops an up with the remedy", async (what, { at = "127.0.0.1", port = sshd.port, ...options }, said, remedy) => {
    // A connection that is open already would be used: this one must be made.
    const own = sshd.sshOpts(options).map((option) => option.replace(/^(ControlPath=.*)\/(.*)$/, `$1/${what.length}-$2`));
    try {
        remote.setSshOpts(own);
        await setConfig(on, "docker:host", sshd.dockerHostAt(at, port));
        const { code, stdout } = await pulumi(on, ["up", ...changing]);
        expect(stdout).toMatch(said);
        expect(stdout).toMatch(remedy);
        expect(stdout).toContain("nothing was changed");
        expect(code).not.toBe(0);
        const tunnel = await remote.tunnelled("true");
        expect(tunnel.stderr).toMatch(said);
        expect(tunnel.stderr).toMatch(remedy);
        expect(tunnel.code).toBe(2);
    } finally {
        remote.setSshOpts(sshd.sshOpts());
        await setConfig(on, "docker:host", sshd.dockerHost);
    }
}); // prettier-ignore

test("a host by its IPv6 address is reached as by the other", async () => {
    await setConfig(on, "docker:host", sshd.dockerHostAt("[::1]"));
    try {
        expect(await remote.pulumi("preview", "--diff")).not.toContain("can't be reached");
    } finally {
        await setConfig(on, "docker:host", sshd.dockerHost);
    }
});

test("a program that has pgAdmin's port on the far host is found before the old pgAdmin goes", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    await setConfig(on, "pgadminPort", String(port));
    try {
        const { code, stdout } = await pulumi(on, ["preview"]);
        expect(code).not.toBe(0);
        expect(stdout).toContain(`pgadminPort: a program on ${sshd.dockerHost} already listens on port ${port}`);
        expect(await containers("pgadmin")).toEqual([on.out.pgadminContainer]);
    } finally {
        server.close();
        await setConfig(on, "pgadminPort", String(on.lab.pgadminPort));
    }
});

test("a stack moved to ssh continues unchanged", async () => {
    await tunnelledUp();
    expect(await remote.pulumi("preview", "--expect-no-changes")).toContain("23 unchanged");
    expect(await remote.pulumi("preview", "--refresh", "--expect-no-changes")).toContain("23 unchanged");
});

test("a roll over ssh turns no client away, and sshd no connection", async () => {
    const before = sshd.counts();
    await setConfig(on, "defaultPoolSize", "12"); // reloaded
    await setConfig(on, "pgbouncerStopGrace", "50"); // and this takes another container
    let seconds = 0;
    const { failures, pg, libpq } = await clients.connecting(async () => {
        const from = Date.now();
        await tunnelledUp();
        seconds = (Date.now() - from) / 1000;
    });
    for (const key of ["defaultPoolSize", "pgbouncerStopGrace"]) await removeConfig(on, key);
    const { logins, refused } = sshd.counts();
    console.log(`a roll over ssh: ${seconds.toFixed(1)} s, ${logins - before.logins} ssh connections, ${pg.ok + libpq.ok} of the clients'`);
    expect(failures).toEqual([]);
    expect(Math.min(pg.ok, libpq.ok)).toBeGreaterThan(100);
    // One that is shared, and the tunnel's.
    expect(logins - before.logins).toBeLessThanOrEqual(2);
    expect(refused).toBe(0);
});

test("verify and top go through ssh", async () => {
    const ran = await attempt("./sidecar", ["verify", "--stack", "local"], { env: on.env });
    expect(ran.stdout).toMatch(/ 0 failed,/);
    expect(ran.code).toBe(0);
    const top = await attempt("./sidecar", ["top", "--stack", "local", "--once"], { env: on.env });
    expect([top.stdout, top.code]).toEqual([expect.stringMatching(/pool .* of 18 backends/), 0]);
    expect(sshd.counts().refused).toBe(0);
});

test("verify's remedy goes through the tunnel, as it is printed", async () => {
    const grant = "GRANT EXECUTE ON FUNCTION public.user_lookup(text) TO PUBLIC";
    await run("docker", ["exec", on.lab.databaseContainer, "psql", "-U", "postgres", "-d", "tracksolid_db", "-qc", grant]);
    const verify = () => attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", "lookup-grants"], { env: on.env });
    const { checks } = JSON.parse((await verify()).stdout) as { checks: [Report] };
    expect(checks[0].remedy).toBe("./sidecar tunnel --stack local -- pulumi up --stack local --replace '**-public'");
    await run("sh", ["-c", `${checks[0].remedy} ${changing.join(" ")}`], { env: on.env });
    on.out = await outputs(on); // the pooler has rolled
    expect((await verify()).code).toBe(0);
});

test("the command's exit code is the tunnel's, and afterwards nothing listens, even if the tunnel was killed", async () => {
    const inside = await remote.tunnelled("psql", "-h", "127.0.0.1", "-p", String(remote.tunnelPort), "-Atc", "SELECT current_database()");
    expect(inside.stdout).toBe("tracksolid_db\n");
    expect((await remote.tunnelled("sh", "-c", "exit 7")).code).toBe(7);
    expect(await listens()).toBe(false);

    const seconds = `300.${Date.now()}`; // marks the two as ours
    const killed = remote.tunnelled("sleep", seconds);
    await until("the tunnel", 20, async () => (await listens()) || undefined);
    const second = await remote.tunnelled("true");
    expect(second.stderr).toContain("Address already in use");
    expect(second.stderr).toContain("another tunnel is open");
    const kill = async (commandLine: string) => process.kill(Number((await attempt("pgrep", ["-f", commandLine])).stdout), "SIGKILL");
    await kill(`cli/main.ts tunnel sleep ${seconds}`);
    await until("the port to be free", 10, async () => !(await listens()) || undefined);
    await kill(`^sleep ${seconds}$`);
    await killed;
});

/** Cuts connections until something has ended: a single cut may come between two requests. */
async function cutUntil(ended: Promise<unknown>): Promise<void> {
    let over = false;
    void ended.finally(() => (over = true));
    while (!over) {
        await sshd.cut();
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

test.each([
    ["whose connections are cut", 40, cutUntil, /error during connect|can't be reached/],
    ["whose host hangs", 30, () => sshd.hang(), /error during connect/],
])("an up %s fails clearly, the pool keeps serving, and the next up heals", async (what, grace, befall, says) => {
    let goOn: (() => Promise<unknown>) | void = undefined;
    await setConfig(on, "pgbouncerStopGrace", String(grace));
    try {
        const cut = remote.tunnelled("pulumi", "up", ...changing, "--color", "never");
        await until("a second pooler", 60, async () => (await containers("pgbouncer")).length === 2);
        const from = Date.now();
        goOn = await befall(cut);
        const { code, stdout } = await cut;
        console.log(`an up ${what} ended after ${((Date.now() - from) / 1000).toFixed(1)} s`);
        expect(code).not.toBe(0);
        expect(stdout).toMatch(says);
        await until("the pool to answer", 60, pooledAnswers);
        if (goOn) {
            const { stderr } = await remote.tunnelled("true");
            expect(stderr).toMatch(
                /timed out[^]*: check that the host is up and that its firewall lets this machine in, until this works: ssh -p \d+ \S+ true/,
            );
            await goOn();
        }
        await tunnelledUp();
        expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
        expect(await pooledAnswers()).toBe(true);
    } finally {
        await goOn?.();
        await removeConfig(on, "pgbouncerStopGrace");
    }
});

test("destroy goes through ssh and the tunnel, and up again", async () => {
    expect(await remote.pulumi("destroy", ...changing)).toContain("23 deleted");
    expect(await containers("pgbouncer")).toEqual([]);
    await tunnelledUp();
    expect(await pooledAnswers()).toBe(true);
    expect(sshd.counts().refused).toBe(0);
});
