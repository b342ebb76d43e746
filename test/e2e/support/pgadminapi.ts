import { session } from "./pgadminlogin";
import { Outputs } from "./stack";

/** pgAdmin's own HTTP interface, as the browser of whoever is logged in uses it. */
export class PgadminApi {
    private constructor(
        private readonly url: string,
        private readonly cookie: string,
        private readonly token: string,
    ) {}

    static async login(out: Outputs): Promise<PgadminApi> {
        const { cookie } = await session(out);
        const script = await (await fetch(`${out.pgadminUrl}/browser/js/utils.js`, { headers: { cookie } })).text();
        const token = /csrf_token'\] = '([^']+)'/.exec(script)?.[1];
        if (!token) throw new Error(`pgAdmin's page has no token: ${script.slice(0, 200)}`);
        return new PgadminApi(out.pgadminUrl, cookie, token);
    }

    async ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
        const headers = { cookie: this.cookie, "x-pga-csrftoken": this.token, "content-type": "application/json" };
        const answer = await fetch(`${this.url}${path}`, {
            method,
            headers,
            redirect: "manual",
            ...(body ? { body: JSON.stringify(body) } : {}),
        });
        return { status: answer.status, text: await answer.text() };
    }
}
