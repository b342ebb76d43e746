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

/** Has pgAdmin connect the pooled entry as the tree does when a person opens it, by pgAdmin's own requests; default: without a password. */
export async function connectEntry(out: Outputs, { password, save }: Entered = {}): Promise<Connected> {
    const { cookie } = await session(out);
    const url = (path: string) => `${out.pgadminUrl}/${path}`;
    const page = await (await fetch(url("browser/js/utils.js"), { headers: { cookie } })).text();
    const token = /pgAdmin\['csrf_token'\] = '([^']+)'/.exec(page)?.[1] ?? "";
    const headers = { cookie, "X-pgA-CSRFToken": token, "content-type": "application/json" };
    const entries = (await (await fetch(url("browser/server/obj/1/"), { headers })).json()) as Entry[];
    const entry = entries.find(({ name }) => name.endsWith("(via pgbouncer)"));
    if (!entry) throw new Error(`pgAdmin lists no pooled entry: ${JSON.stringify(entries)}`);
    const answer = await fetch(url(`browser/server/connect/1/${entry.id}`), {
        method: "POST",
        headers,
        body: JSON.stringify({ password, save_password: save }),
    });
    return { status: answer.status, said: await answer.text(), user: entry.username };
}

interface Entry {
    id: number;
    name: string;
    username: string;
}
