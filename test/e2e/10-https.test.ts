import { Browser } from "playwright-core";
import { inLab, project } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { pulumi, removeConfig, setConfig, up, useStack } from "./support/stack";
import { routeLabels, routerName } from "../../components/pgadmin/route";
import { ask, Proxy, socketFile, startProxy } from "./support/proxy";
import { beginAfresh, openBrowser, PgadminPage } from "./support/browser/pgadmin";
import { trusting } from "./support/browser/trust";
import { proof } from "./support/proof";
import { addressesOf, listening, ownAddresses, reachedFrom } from "./support/reach";

// pgAdmin behind a real Traefik, set up as Coolify's is, under a certificate of a CA that is the test's own.

const domain = "pgadmin.example.test";

const on = useStack("10-https", { deployed: false });
let proxy: Proxy;
let browser: Browser;

beforeAll(async () => {
    proxy = await startProxy(on.lab, domain);
    await setConfig(on, "pgadminDomain", domain);
    await setConfig(on, "proxyNetwork", proxy.network);
    await setConfig(on, "pgadminPort", "0");
    await on.up();
    await beginAfresh(on.out);
    browser = await openBrowser(await trusting(proxy));
}, 1_800_000); // Traefik is built the first time

afterAll(async () => {
    await browser?.close();
    for (const key of ["pgadminDomain", "proxyNetwork"]) await removeConfig(on, key);
    await setConfig(on, "pgadminPort", String(on.lab.pgadminPort));
    await up(on).finally(() => proxy?.stop());
});

test("the labels alone make the route: HTTPS reaches pgAdmin, plain HTTP is sent there, and no port is published", async () => {
    const ping = await until("the route", 30, async () => {
        const answer = await ask(proxy, "https", "/misc/ping"); // Traefik may not have seen yet that pgAdmin is healthy
        return answer.status === 200 && answer;
    });
    expect(ping.body).toBe("PING");
    const plain = await ask(proxy, "http", "/login");
    expect(plain.status).toBe(302);
    expect(plain.headers.location).toBe(`https://${domain}/login`);
    expect(await run("docker", ["port", on.out.pgadminContainer])).toBe("");
    expect(on.out.pgadminUrl).toBe(`https://${domain}`);
});

test("the proxy finds nothing wrong with the labels", async () => {
    expect(
        (await proxy.logs()).split("\n").filter((line) => / (ERR|WRN) /.test(line) && /pgadmin/.test(line) && !/ACME/.test(line)),
    ).toEqual([]);
});

test("a person logs in through the proxy, with cookies for HTTPS alone, and works there", async () => {
    const pgadmin = await PgadminPage.login(browser, on.out, (page) => page.screenshot({ path: inLab("log", "10-https-login.png") }));
    const cookies = await pgadmin.page.context().cookies();
    const session = cookies.find(({ name }) => name === "pga4_session");
    expect(session).toMatchObject({ secure: true, httpOnly: true, domain });
    await pgadmin.open(["Servers", "tracksolid_db (via pgbouncer)", "Databases", "tracksolid_db"], on.lab.databasePassword);
    const tool = await pgadmin.queryTool();
    expect((await tool.run("SELECT 'behind the proxy' AS said")).result).toEqual([["behind the proxy"]]);
    await pgadmin.page.screenshot({ path: proof("https.png") });
    await pgadmin.page.close();
});

test("a login without the page's own token is sent back to it through the proxy too", async () => {
    const page = await browser.newPage();
    await page.goto(`https://${domain}/login`);
    const landed = await page.evaluate(
        (form) => fetch("/authenticate/login", { method: "POST", body: new URLSearchParams(form) }).then(({ url }) => url),
        { email: on.out.pgadminEmail, password: on.out.pgadminPassword, internal_button: "Login", csrf_token: "of-nobody" },
    );
    expect(landed).toBe(`https://${domain}/login`); // with the right one, as above, it is /browser/
    await page.close();
});

test("on the sidecar's own network, pgAdmin reaches the pooler and nothing else: no container, no address of the host", async () => {
    const { pgadminContainer: pgadmin, pgbouncerContainer: pooler } = on.out;
    const [database, traefik] = await Promise.all([addressesOf(on.lab.databaseContainer), addressesOf(proxy.container)]);
    await listening(async (port) => {
        const host = ownAddresses().map((address): [string, number] => [address, port]);
        const others = [...database.map((one): [string, number] => [one, 5432]), ...traefik.map((one): [string, number] => [one, 80])];
        const places: [string, number][] = [["pgbouncer", 6432], ...host, ...others];
        // The proxy's network leads to the proxy and the host, so the ways are there to be closed.
        const byProxy = await reachedFrom(pgadmin, places);
        expect(byProxy).toEqual(expect.arrayContaining(["pgbouncer:6432", `${traefik[0]}:80`]));
        expect(byProxy.filter((one) => one.endsWith(`:${port}`)).length).toBeGreaterThan(0);
        expect(byProxy.filter((one) => one.endsWith(":5432"))).toEqual([]);
        await run("docker", ["network", "disconnect", proxy.network, pgadmin]);
        try {
            expect(await reachedFrom(pgadmin, places)).toEqual(["pgbouncer:6432"]);
            // The pooler's way to the database is not closed with it.
            expect((await attempt("docker", ["exec", pooler, "/tmp/pg-sidecar/health"])).code).toBe(0);
        } finally {
            await run("docker", ["network", "connect", proxy.network, pgadmin]);
        }
    });
});

test("verify proves the way over HTTPS, from where the domain is known", async () => {
    // On the proxy's network its name resolves, as DNS would have it; Node takes the CA from its environment.
    const env = { ...on.env, NODE_EXTRA_CA_CERTS: proxy.caFile, HOME: "/tmp" };
    const ran = await attempt("docker", [
        "run", "--rm", "--network", proxy.network, "-v", `${project}:${project}`, "-v", `${process.execPath}:/usr/local/bin/node:ro`, "-v", `${socketFile}:${socketFile}`,
        ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]), "--user", "root", "--entrypoint", "node", "-w", project,
        on.images.timescaledb, "--require", "ts-node/register/transpile-only", "cli/main.ts", "verify", "--stack", "local", "--only", "https",
    ]); // prettier-ignore
    expect(ran.stdout).toMatch(new RegExp(`✓ https .*\\n.*https://${domain} answers, its certificate is valid for 89 days`));
    expect(ran.stdout).toContain("0 failed");
});

test.each(["pg-sidecar/prod.eu", "pg-sidecar/Prod_EU-1", "my.project/a.b"])("Traefik reads the labels of stack %s", async (owner) => {
    const route = { domain: "named.example.test", tls: true, entrypoint: "https", redirectFrom: "http", certResolver: "" };
    const labels = Object.entries(routeLabels(route, routerName(owner), proxy.network, 80));
    const id = await run("docker", [
        "run", "-d", "--network", proxy.network, ...labels.flatMap(([label, value]) => ["--label", `${label}=${value}`]),
        "--user", "root", "--entrypoint", "/venv/bin/python3", on.images.pgadmin, "-m", "http.server", "80",
    ]); // prettier-ignore
    try {
        const plain = await until("the route", 15, async () => {
            const answer = await ask({ ...proxy, domain: route.domain }, "http", "/here");
            return answer.status === 302 ? answer : undefined;
        });
        expect(plain.headers.location).toBe(`https://${route.domain}/here`);
    } finally {
        await run("docker", ["rm", "-f", "-v", id.trim()]);
    }
});

test("a network without a Traefik is warned of, with the one that has it", async () => {
    await setConfig(on, "proxyNetwork", on.lab.id);
    try {
        const { stdout, stderr } = await pulumi(on, ["preview"]);
        expect(stdout + stderr).toContain(`proxyNetwork: no Traefik runs on network ${on.lab.id}`);
        expect(stdout + stderr).toContain(`Fix: pulumi config set --stack local proxyNetwork ${proxy.network}`);
    } finally {
        await setConfig(on, "proxyNetwork", proxy.network);
    }
    const { stdout, stderr } = await pulumi(on, ["preview", "--expect-no-changes"]);
    expect(stdout + stderr).not.toContain("no Traefik");
});

test("a domain that another container's route has is refused, and the printed fix ends that", async () => {
    const name = `route-${on.lab.id}`;
    const route = ["--label", "traefik.enable=true", "--label", `traefik.http.routers.other.rule=Host(\`${domain}\`)`];
    await run("docker", [
        "run",
        "-d",
        "--rm",
        "--name",
        name,
        "--network",
        proxy.network,
        ...route,
        "--entrypoint",
        "sleep",
        on.images.timescaledb,
        "300",
    ]);
    try {
        const { code, stdout, stderr } = await pulumi(on, ["preview"]);
        expect(stdout + stderr).toContain(`pgadminDomain: ${domain} is already that of container ${name} on `);
        expect(code).not.toBe(0);
        await run("sh", ["-c", /if nobody needs it: (docker .*)/.exec(stdout + stderr)![1]!]);
    } finally {
        await attempt("docker", ["rm", "-f", name]);
    }
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
});

describe("with TLS ended before the proxy", () => {
    beforeAll(async () => {
        await setConfig(on, "proxyTls", "false");
        await setConfig(on, "proxyEntrypoint", "http");
        await on.up();
    });
    afterAll(async () => {
        await removeConfig(on, "proxyTls");
        await removeConfig(on, "proxyEntrypoint"); // the `up` at the end of the file deploys it
    });

    test("plain HTTP reaches pgAdmin, whose cookie is still for HTTPS alone, and nobody is sent elsewhere", async () => {
        const ping = await until("the route", 15, async () => {
            const answer = await ask(proxy, "http", "/misc/ping");
            return answer.status === 200 ? answer : undefined;
        });
        expect(ping.body).toBe("PING");
        const page = await ask(proxy, "http", "/login");
        expect(page.status).toBe(200);
        expect(page.headers["set-cookie"]?.join()).toMatch(/pga4_session=.*; Secure;/);
        expect(on.out.pgadminUrl).toBe(`https://${domain}`);
    });

    test("a login holds when the requests come from another address", async () => {
        /** Runs code in a container of its own on the proxy's network. */
        const node = async (code: string) =>
            run("docker", [
                "run", "--rm", "--network", proxy.network, "-v", `${project}:/repo:ro`, "-v", `${process.execPath}:/usr/local/bin/node:ro`,
                "-e", `OUT=${JSON.stringify({ ...on.out, pgadminUrl: `http://${domain}` })}`, "--entrypoint", "node", "-w", "/repo", on.images.timescaledb,
                "-r", "ts-node/register/transpile-only", "-e", code,
            ]); // prettier-ignore
        const address =
            "Object.values(require('os').networkInterfaces()).flat().find((one) => !one.internal && one.family === 'IPv4').address";
        const first = JSON.parse(
            await node(`require("./test/e2e/support/pgadminlogin").session(JSON.parse(process.env.OUT)).then((got) => console.log(JSON.stringify({ ...got, from: ${address} })))`),
        ) as { location: string; cookie: string; from: string }; // prettier-ignore
        expect(first.location).toMatch(/\/browser\/$/);
        // Takes the first one's address, the next that is free, so that the second has another.
        const holder = await run("docker", ["run", "-d", "--network", proxy.network, "--entrypoint", "sleep", on.images.pgbouncer, "60"]);
        try {
            const second = JSON.parse(
                await node(`fetch("http://${domain}/browser/", { redirect: "manual", headers: { cookie: ${JSON.stringify(first.cookie)} } }).then((got) => console.log(JSON.stringify({ status: got.status, from: ${address} })))`),
            ) as { status: number; from: string }; // prettier-ignore
            expect(second.from).not.toBe(first.from);
            expect(second.status).toBe(200);
        } finally {
            await run("docker", ["rm", "-f", "-v", holder.trim()]);
        }
    });
});
