import { Browser, chromium, Locator, Page } from "playwright-core";
import { need } from "../../../../lab/machine";
import { attempt, run, until } from "../../../../lab/run";
import { escaped } from "../../../text";
import { direct } from "../database";
import { Outputs, Sidecar } from "../stack";
import { button, QueryTool } from "./querytool";

/** What a browser is started with besides. */
export interface Launch {
    args?: string[];
    env?: Record<string, string>;
}

/** Debian's Chromium, which talks to nobody but the page. */
export async function openBrowser({ args = [], env = {} }: Launch = {}): Promise<Browser> {
    await need("chromium", ["chromium", "fonts-dejavu-core"], "to open pgAdmin as a user does");
    return chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args], // prettier-ignore
        env: { ...process.env, ...env },
    });
}

/** pgAdmin in a browser, as a user sees it. */
export class PgadminPage {
    private constructor(readonly page: Page) {}

    /** A page that somebody logged in on. */
    static on(page: Page): PgadminPage {
        return new PgadminPage(page);
    }

    /** Logs in and waits for the object explorer. */
    static async login(browser: Browser, { pgadminUrl, pgadminEmail, pgadminPassword }: Outputs, shot?: (page: Page) => Promise<unknown>) {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        page.setDefaultTimeout(60_000);
        await page.goto(`${pgadminUrl}/login`);
        await page.fill("input[name=email]", pgadminEmail);
        await page.fill("input[name=password]", pgadminPassword);
        await shot?.(page);
        await page.getByRole("button", { name: "Login" }).click();
        const on = new PgadminPage(page);
        await on.node("Servers").waitFor({ timeout: 60_000 });
        return on;
    }

    /** A node of the object explorer. */
    node(name: string): Locator {
        return this.page
            .locator(".file-entry")
            .filter({ has: this.page.locator(".file-name", { hasText: new RegExp(`^${escaped(name)}$`) }) });
    }

    /** Opens the nodes along a path, each below the one before, and selects the last; a password asked for on the way is given. */
    async open(path: string[], password: string): Promise<void> {
        const dialog = this.page.getByText("Please enter the password");
        for (const [at, name] of path.entries()) {
            const toggleOf = (node: string) => this.node(node).first().locator(".directory-toggle");
            const toggle = toggleOf(name);
            const [above, below] = [path[at - 1], path[at + 1]];
            await until(`the node ${name} to open`, 60, async () => {
                if (await dialog.isVisible()) {
                    await this.page.keyboard.type(password); // the dialog has the focus
                    await this.page.keyboard.press("Enter");
                    await dialog.waitFor({ state: "detached" });
                } else if (above !== undefined && !(await toggle.isVisible())) {
                    await toggleOf(above).click({ timeout: 5_000 }); // a slow answer had it opened and closed again
                } else if (!(await isOpen(toggle))) {
                    await toggle.click({ timeout: 5_000 });
                    // It opens when the answer has come; a second click before that would close it again.
                    await toggle.and(this.page.locator(".open")).waitFor({ timeout: 5_000 });
                }
                return below === undefined ? isOpen(toggle) : this.node(below).first().isVisible();
            });
        }
        await this.node(path.at(-1)!).first().click();
    }

    /** Opens a Query Tool tab on the database that the selected node is in. */
    queryTool(): Promise<QueryTool> {
        return QueryTool.open(this.page, this.page.locator(button("Query Tool")).first());
    }

    /** Shows the rows of the table that is selected. */
    allRows(): Promise<QueryTool> {
        return QueryTool.open(this.page, this.page.locator(button("All Rows")).first());
    }

    /** Presses "Execute script" in each Query Tool tab that is ready for it, all at once. */
    executeAll(): Promise<number> {
        return this.page.evaluate(() => {
            const frames = [...document.querySelectorAll("iframe")];
            const buttons = frames.flatMap((frame) => frame.contentDocument?.querySelector<HTMLButtonElement>('button[data-label="Execute script"]:not([disabled])') ?? []); // prettier-ignore
            for (const button of buttons) button.click();
            return buttons.length;
        });
    }

    /** Whether no Query Tool tab has a query running. */
    allIdle(): Promise<boolean> {
        return this.page.evaluate(
            () =>
            [...document.querySelectorAll("iframe")].every((frame) => frame.contentDocument?.querySelector('button[data-label="Execute script"]:not([disabled])')), // prettier-ignore
        );
    }
}

const isOpen = (toggle: Locator) => toggle.evaluate((element) => element.classList.contains("open"), undefined, { timeout: 5_000 });

/** Runs pgAdmin's own setup.py in its container. */
export const setup = ({ pgadminContainer }: Outputs, ...args: string[]) =>
    run("docker", ["exec", pgadminContainer, "/venv/bin/python3", "/pgadmin4/setup.py", ...args]);

/** Lets each login begin afresh: pgAdmin would open again what was open at the last one, while the test opens it too. */
export async function beginAfresh(out: Outputs): Promise<void> {
    const off = ["misc:user_interface:save_app_state=false", "browser:display:auto_expand_sole_children=false", "browser:display:browser_tree_state_save_interval=-1"]; // prettier-ignore
    await setup(out, "set-prefs", out.pgadminEmail, ...off);
}

/** A server entry as in a servers.json: these fields, and what else pgAdmin knows. */
export interface Entry {
    Name: string;
    Host: string;
    [field: string]: unknown;
}

/** Gives the login a server entry of its own; one that leads nowhere unless `more` says where. */
export async function addServer(out: Outputs, Name: string, more: Partial<Entry> = {}): Promise<void> {
    const entry: Entry = { Name, Group: "Servers", Host: "elsewhere", Port: 5432, MaintenanceDB: "postgres", Username: "me", SSLMode: "prefer", ...more }; // prettier-ignore
    await run("docker", ["exec", "-i", out.pgadminContainer, "sh", "-c", "cat > /tmp/server.json"], { input: JSON.stringify({ Servers: { 1: entry } }) }); // prettier-ignore
    await setup(out, "load-servers", "/tmp/server.json", "--user", out.pgadminEmail);
}

/** The server entries that the login has, as pgAdmin dumps them. */
export async function servers(out: Outputs): Promise<Entry[]> {
    await setup(out, "dump-servers", "/tmp/servers.json", "--user", out.pgadminEmail);
    const dumped = await run("docker", ["exec", out.pgadminContainer, "cat", "/tmp/servers.json"]);
    return Object.values((JSON.parse(dumped) as { Servers: Record<string, Entry> }).Servers);
}

export const directEntry = "tracksolid_db (direct)";

/** Attaches pgAdmin to the database's network and gives it an entry that goes there, which the sidecar by itself never does. */
export async function attachDirectly(out: Outputs): Promise<void> {
    await run("docker", ["network", "connect", out.networks.database, out.pgadminContainer]);
    await addServer(out, directEntry, { Host: "timescale_db", MaintenanceDB: "tracksolid_db", Username: "postgres", SSLMode: "disable", DBRestriction: "tracksolid_db", DBRestrictionType: "databases" }); // prettier-ignore
}

/** Takes the network and the entry away again. */
export async function detach(on: Sidecar, out: Outputs): Promise<void> {
    // pgAdmin holds a closed page's connections on, and cut off from the network they would stay for hours.
    await direct(on, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pgAdmin 4 - %'");
    await attempt("docker", ["network", "disconnect", "-f", out.networks.database, out.pgadminContainer]);
    await forgetServer(out, directEntry);
}

/** Takes a server entry of that name away; pgAdmin has a command to add them, but none for this. */
export async function forgetServer({ pgadminContainer }: Outputs, name: string): Promise<void> {
    const code = `import sqlite3; c = sqlite3.connect("/var/lib/pgadmin/pgadmin4.db", 30); c.execute("DELETE FROM server WHERE name = '${name}'"); c.commit()`;
    await run("docker", ["exec", pgadminContainer, "/venv/bin/python3", "-c", code]);
}
