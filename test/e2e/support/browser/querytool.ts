import { Frame, Locator, Page, Response } from "playwright-core";
import { until } from "../../../../lab/run";

/** What a run in the Query Tool came to. */
export interface Ran {
    /** The rows, or for a statement that gives none its command tag. */
    result?: unknown[][] | string;
    error?: string;
}

/** The button with this label, enabled. */
export const button = (label: string) => `button[data-label="${label}"]:not([disabled])`;
const panels = (page: Page) => page.frames().filter((frame) => frame.url().includes("/sqleditor/panel/"));

/** One Query Tool tab: a frame of pgAdmin's page with a connection of its own. */
export class QueryTool {
    private constructor(
        private readonly page: Page,
        readonly frame: Frame,
    ) {}

    /** Waits for one that `press` opens, until it is ready. */
    static async open(page: Page, press: Locator): Promise<QueryTool> {
        const before = panels(page);
        await press.click();
        const frame = await until("the Query Tool to open", 30, () => Promise.resolve(panels(page).find((one) => !before.includes(one))));
        await frame.locator(button("Execute script")).first().waitFor({ timeout: 60_000 });
        return new QueryTool(page, frame);
    }

    async write(sql: string): Promise<void> {
        await this.frame.locator(".cm-content").first().click();
        await this.page.keyboard.press("ControlOrMeta+A");
        await this.page.keyboard.insertText(sql);
    }

    /** Writes the script, runs it by its button and waits for what pgAdmin gets as its end. */
    async run(sql: string): Promise<Ran> {
        await this.write(sql);
        const [, ended] = await Promise.all([this.press("Execute script"), this.ended()]);
        return ended;
    }

    /** Starts the script without waiting for its end. */
    async start(sql: string): Promise<void> {
        await this.write(sql);
        await this.press("Execute script");
    }

    async press(label: string): Promise<void> {
        await this.frame.locator(button(label)).first().click();
    }

    /** Ticks or unticks an entry of the menu beside "Execute". */
    async option(label: string): Promise<void> {
        await this.press("Execute options");
        await this.frame.getByRole("menuitem", { name: label }).click();
        await this.page.keyboard.press("Escape");
    }

    /** The next end of a run in this tab. */
    async ended(timeout = 60_000): Promise<Ran> {
        const poll = `/sqleditor/poll/${/panel\/(\d+)/.exec(this.frame.url())![1]}`;
        let ran: Ran = {};
        await this.page.waitForResponse(
            async (response) => {
                if (!response.url().endsWith(poll)) return false;
                const got = await outcome(response);
                if (got) ran = got;
                return got !== undefined;
            },
            { timeout },
        );
        return ran;
    }

    /** The text of a tab of the lower half: Messages, Notifications, Explain. */
    async shown(tab: string): Promise<string> {
        await this.frame.locator(".dock-tab", { hasText: tab }).first().click();
        return this.frame.locator(".dock-tabpane-active").last().innerText();
    }

    /** The cells of the result's grid, row by row from its first column on. */
    cells(): Promise<string[]> {
        return this.frame.locator("[role=gridcell]").allInnerTexts();
    }
}

/** How a run ended by pgAdmin's answer to the page's poll; undefined while it runs. */
async function outcome(response: Response): Promise<Ran | undefined> {
    const { data, errormsg } = (await response.json()) as { data?: { status?: string; result?: Ran["result"] }; errormsg: string };
    if (response.status() !== 200) return { error: errormsg };
    switch (data?.status) {
        case "Busy":
            return undefined;
        case "Success":
            return { result: data.result ?? "" };
        default:
            return { error: `${data?.status}: ${String(data?.result ?? errormsg)}` };
    }
}
