import { Browser, Page } from "playwright-core";
import { Report } from "../../cli/verify/check";
import { inLab } from "../../lab/paths";
import { attempt, run, until } from "../../lab/run";
import { giveCode, registerAuthenticator } from "./support/browser/authenticator";
import { beginAfresh, openBrowser, PgadminPage, setup } from "./support/browser/pgadmin";
import { IdentityProvider } from "./support/identityprovider/identityprovider";
import { send, session } from "./support/pgadminlogin";
import { expectNoLeak, secretsOf } from "./support/secrets";
import { containers, Outputs, pulumi, removeConfig, setConfig, up, useStack } from "./support/stack";
import { lastingTotp } from "./support/totp";

// A stack without pgAdmin; then with it again, and with all that protects its logins, beside a real identity provider.

const on = useStack("16-login");
const kept = "/var/lib/pgadmin/16-login"; // a file on the volume
let provider: IdentityProvider;
let browser: Browser;

const set = {
    pgadminLoginAttempts: "2",
    pgadminMfa: "required",
    pgadminEgress: "true",
    pgadminLogJson: "true",
    clientTlsSslmode: "require",
    oidcName: "the lab",
    "oidcAllow[0]": "groups=dba",
};

beforeAll(async () => {
    await run("docker", ["exec", on.out.pgadminContainer, "touch", kept]);
    await setConfig(on, "adminUi", "none");
    await setConfig(on, "clientTlsSslmode", set.clientTlsSslmode);
    await on.up();
    browser = await openBrowser();
});

afterAll(async () => {
    await browser?.close();
    if (on.out.pgadminContainer) await forgetLogins();
    const keys = ["adminUi", "oidcIssuer", "oidcClientId", "oidcClientSecret", ...Object.keys(set)];
    for (const key of keys) await removeConfig(on, key.replace("[0]", ""));
    await up(on).finally(() => provider?.stop());
});

let shown: Page | undefined;
// What a test that fails was looking at.
afterEach(() => shown?.screenshot({ path: inLab("log", "16-login.png") }).catch(() => undefined));

/** A page of a browser that nobody is logged in on. */
async function page(): Promise<Page> {
    await shown?.context().close();
    shown = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    shown.setDefaultTimeout(60_000);
    return shown;
}

/** Takes away the user of the provider's, and the authenticator apps. */
async function forgetLogins(): Promise<void> {
    await setup(on.out, "delete-user", "ann@example.com", "--auth-source", "oauth2", "--yes");
    await inPgadmin("DELETE FROM user_mfa");
}

/** What pgAdmin's database says. */
const inPgadmin = async (sql: string) =>
    JSON.parse(await run("docker", ["exec", on.out.pgadminContainer, "/venv/bin/python3", "-c", "import json, sqlite3, sys; c = sqlite3.connect('/var/lib/pgadmin/pgadmin4.db', 30); print(json.dumps(c.execute(sys.argv[1]).fetchall())); c.commit()", sql])) as unknown[][]; // prettier-ignore

describe("with adminUi none", () => {
    test("there is the pooler alone, which answers; pgAdmin's outputs are gone, and its volume is kept", async () => {
        expect(await containers("pgadmin")).toEqual([]);
        expect(Object.keys(on.out).filter((name) => name.startsWith("pgadmin"))).toEqual([]);
        expect(await run("docker", ["volume", "ls", "-q"])).toContain("pgadmin-data");
        expect(await on.pooledAnswers()).toBe(true);
    });

    test("preview names the settings that have no effect; no pgadminEmail is fine", async () => {
        const { code, stdout, stderr } = await pulumi(on, ["preview", "--expect-no-changes"]);
        expect(stdout + stderr).toMatch(/adminUi is none, so these settings have no effect: .*pgadminEmail/);
        expect(code).toBe(0);
    });

    test("verify passes, and says what it could not look at", async () => {
        const only = "containers,images,ports,isolation,pgadmin-ping,tls-clients";
        const { code, stdout } = await attempt("./sidecar", ["verify", "--stack", "local", "--json", "--only", only], { env: on.env });
        const { checks } = JSON.parse(stdout) as { checks: Report[] };
        expect(checks.filter(({ result }) => result === "skipped").map(({ id }) => id)).toEqual(
            expect.arrayContaining(["isolation", "pgadmin-ping"]),
        );
        expect(checks.find(({ id }) => id === "containers")).toMatchObject({
            result: "ok",
            saw: `${on.out.pgbouncerContainer} healthy, 0 restarts`,
        });
        expect(checks.find(({ id }) => id === "tls-clients")).toMatchObject({
            result: "ok",
            saw: expect.stringMatching(/^the certificate is valid for \d+ days; there is no pgAdmin/) as string,
        });
        expect(code).toBe(0);
    });
});

describe("with pgAdmin again, and an identity provider", () => {
    beforeAll(async () => {
        provider = await IdentityProvider.start(on.out.networks.database, `http://127.0.0.1:${on.lab.pgadminPort}`);
        const { issuer, client } = provider.served;
        await removeConfig(on, "adminUi");
        for (const [key, value] of Object.entries(set)) await setConfig(on, key, value, "--path");
        await setConfig(on, "oidcIssuer", issuer);
        await setConfig(on, "oidcClientId", client.client_id);
        await setConfig(on, "oidcClientSecret", client.client_secret, "--secret");
        await on.up();
        await beginAfresh(on.out);
    });

    test("the volume is the one that was kept, and the client secret is where pgAdmin reads it alone", async () => {
        await run("docker", ["exec", on.out.pgadminContainer, "rm", kept]);
        const logs = await attempt("docker", ["logs", on.out.pgadminContainer]);
        const secrets = await secretsOf(on);
        expect(secrets).toContainEqual({ name: "oidcClientSecret", value: provider.served.client.client_secret });
        expect(await expectNoLeak(on, secrets)).toContainEqual(expect.stringMatching(/\/oidc-secret$/));
        expect(logs.stdout + logs.stderr).not.toContain("config_local:"); // it found all that it changes
    });

    test("the log is JSON", async () => {
        const { stdout, stderr } = await attempt("docker", ["logs", on.out.pgadminContainer]);
        const messages = (stdout + stderr).split("\n").filter((line) => line.startsWith("{")).map((line) => (JSON.parse(line) as { message: string }).message); // prettier-ignore
        expect(messages).toContainEqual(expect.stringMatching(/^Starting pgAdmin 4 /));
        expect(messages).toContainEqual(expect.stringMatching(/"GET \/misc\/ping/));
    });

    /** Logs in at the provider, from pgAdmin's login page. */
    async function logInAs(login: string): Promise<Page> {
        const at = await page();
        await at.goto(`${on.out.pgadminUrl}/login`);
        await at.getByRole("button", { name: "Login with the lab" }).click();
        await at.fill("input[name=login]", login);
        await at.fill("input[name=password]", "any");
        await at.getByRole("button", { name: "Sign-in" }).click();
        await at.getByRole("button", { name: "Continue" }).click(); // the provider asks for consent
        return at;
    }

    test("verify checks the pooler's certificate, which the entry that all share can't", async () => {
        const { code, stdout } = await attempt("./sidecar", ["verify", "--stack", "local", "--only", "tls-clients"], { env: on.env });
        expect(stdout).toMatch(/the certificate is valid for \d+ days.*shared entry uses TLS without checking it/s);
        expect(code).toBe(0);
    });

    test("somebody without the claim is not let in, and becomes no user", async () => {
        const at = await logInAs("bob");
        await at.getByText("not authorized to login").waitFor();
        expect(await inPgadmin("SELECT username FROM user WHERE auth_source = 'oauth2'")).toEqual([]);
    });

    test("somebody with it becomes a user, who works with the stack's entry", async () => {
        const at = await logInAs("ann");
        await giveCode(at, await lastingTotp(await registerAuthenticator(at)));
        const pgadmin = PgadminPage.on(at);
        // Below a group of their own, which is empty, people have that of the stack's login.
        await pgadmin.node("Servers").nth(1).locator(".directory-toggle").click();
        await pgadmin.open(["tracksolid_db (via pgbouncer)", "Databases", "tracksolid_db"], on.lab.databasePassword);
        const tool = await pgadmin.queryTool();
        expect(await tool.run("SELECT 'ann'")).toEqual({ result: [["ann"]] });
        expect(await inPgadmin("SELECT username FROM user WHERE auth_source = 'oauth2'")).toEqual([["ann@example.com"]]);
    });

    describe("with a password", () => {
        let secret: string;

        test("the first login has to set up an authenticator app, and the next one needs its code", async () => {
            const first = await passwordLogin(await page(), on.out);
            secret = await registerAuthenticator(first);
            const next = await passwordLogin(await page(), on.out);
            await giveCode(next, "000000");
            await next.getByText("Invalid Code").waitFor();
            await giveCode(next, await lastingTotp(secret));
            await PgadminPage.on(next).node("Servers").waitFor();
        });

        test("the password alone deletes no authenticator", async () => {
            const { cookie } = await session(on.out);
            const answer = await fetch(`${on.out.pgadminUrl}/mfa/register`, {
                method: "POST",
                redirect: "manual",
                headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
                body: new URLSearchParams({ authenticator: "DELETE", next: "internal" }),
            });
            expect(answer.headers.get("location")).toBe("/mfa/validate");
            expect(await inPgadmin("SELECT options FROM user_mfa JOIN user ON user.id = user_id WHERE auth_source = 'internal'")).toEqual([[secret]]); // prettier-ignore
        });

        test("wrong passwords lock the login, by whatever form they come; a restart of pgAdmin unlocks it", async () => {
            const wrong = { password: "wrong-one" };
            const attempts = () => inPgadmin(`SELECT login_attempts FROM user WHERE email = '${on.out.pgadminEmail}'`);
            expect((await send(on.out, "/login", {})).location).toBe("/login"); // the right password, at an address that counts none
            await send(on.out, "/login", wrong);
            expect(await attempts()).toEqual([[0]]);
            await send(on.out, "/authenticate/login", wrong); // without the button, which would leave the provider out
            await send(on.out, "/authenticate/login", { ...wrong, internal_button: "Login" });
            expect(await attempts()).toEqual([[2]]);
            expect((await session(on.out)).location).toBe("/login");
            await run("docker", ["restart", on.out.pgadminContainer]);
            await until("pgAdmin to answer", 60, async () => (await fetch(`${on.out.pgadminUrl}/misc/ping`)).ok);
            expect((await session(on.out)).location).toBe("/browser/");
        });
    });
});

/** Sends the login page's form as a person does. */
async function passwordLogin(at: Page, { pgadminUrl, pgadminEmail, pgadminPassword }: Outputs): Promise<Page> {
    await at.goto(`${pgadminUrl}/login`);
    await at.fill("input[name=email]", pgadminEmail);
    await at.fill("input[name=password]", pgadminPassword);
    await at.getByRole("button", { name: "Login", exact: true }).click();
    return at;
}
