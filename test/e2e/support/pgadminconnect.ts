import { Outputs } from "./stack";
import { session } from "./pgadminlogin";

/** What pgAdmin answers when the browser asks it to connect the stack's own entry. */
export interface Connected {
    /** 200 once it is connected, 428 if pgAdmin asks for a password. */
    status: number;
    said: string;
    /** The user name in the entry. */
    user: string;
}

/** What a person enters when pgAdmin asks. */
interface Entered {
    password?: string;
    /** Whether pgAdmin is to save it. */
    save?: boolean;
}

interface Entry {
    id: number;
    name: string;
    username: string;
}

interface Answered {
    status: number;
    said: string;
}

/** pgAdmin's own requests, as its pages send them, in a login of their own. */
export class PgadminRequests {
    private constructor(
        private readonly url: string,
        private readonly headers: Record<string, string>,
        private readonly entry: Entry,
    ) {}

    static async login(out: Outputs): Promise<PgadminRequests> {
        const { cookie } = await session(out);
        const page = await (await fetch(`${out.pgadminUrl}/browser/js/utils.js`, { headers: { cookie } })).text();
        const token = /pgAdmin\['csrf_token'\] = '([^']+)'/.exec(page)?.[1] ?? "";
        const headers = { cookie, "X-pgA-CSRFToken": token, "content-type": "application/json" };
        const entries = (await (await fetch(`${out.pgadminUrl}/browser/server/obj/1/`, { headers })).json()) as Entry[];
        const entry = entries.find(({ name }) => name.endsWith("(via pgbouncer)"));
        if (!entry) throw new Error(`pgAdmin lists no pooled entry: ${JSON.stringify(entries)}`);
        return new PgadminRequests(out.pgadminUrl, headers, entry);
    }

    private async send(method: "GET" | "POST", path: string, body?: object): Promise<Answered> {
        const answer = await fetch(`${this.url}/${path}`, { method, headers: this.headers, ...(body && { body: JSON.stringify(body) }) });
        return { status: answer.status, said: await answer.text() };
    }

    /** Connects the pooled entry as the tree does when a person opens it; default: without a password. */
    async connect({ password, save }: Entered = {}): Promise<Connected> {
        const answered = await this.send("POST", `browser/server/connect/1/${this.entry.id}`, { password, save_password: save });
        return { ...answered, user: this.entry.username };
    }

    /** Opens a Query Tool tab as "Add New Connection" does, as this user. Returns what runs a statement in it, and answers with pgAdmin's words. */
    async tabOf({
        user,
        password,
        database,
    }: {
        user: string;
        password: string;
        database: string;
    }): Promise<(sql: string) => Promise<string>> {
        const nodes = JSON.parse((await this.send("GET", `browser/database/nodes/1/${this.entry.id}/`)).said) as { data: { label: string; _id: number }[] }; // prettier-ignore
        const id = nodes.data.find(({ label }) => label === database)!._id;
        const tab = 1000 + Math.floor(Math.random() * 1_000_000);
        const opened = await this.send("POST", `sqleditor/initialize/sqleditor/${tab}/1/${this.entry.id}/${id}`, { user, password, role: null, dbname: database }); // prettier-ignore
        if (opened.status !== 200) throw new Error(`no tab as ${user}: ${opened.said}`);
        return async (sql) => {
            const started = await this.send("POST", `sqleditor/query_tool/start/${tab}`, { sql, explain_plan: null });
            for (;;) {
                const polled = await this.send("GET", `sqleditor/poll/${tab}`);
                if (!polled.said.includes('"Busy"')) return started.said + polled.said;
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
        };
    }
}

/** Has pgAdmin connect the pooled entry in a login of its own. */
export const connectEntry = async (out: Outputs, entered: Entered = {}): Promise<Connected> =>
    (await PgadminRequests.login(out)).connect(entered);
