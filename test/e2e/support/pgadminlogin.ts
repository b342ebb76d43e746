import { Outputs } from "./stack";

const cookies = (response: Response) =>
    response.headers
        .getSetCookie()
        .map((one) => one.split(";")[0])
        .join("; ");

/** Logs in to pgAdmin as a browser would, and returns where it sends the browser: `/browser/`, or back to `/login`. */
export async function login(out: Outputs): Promise<string> {
    return (await session(out)).location;
}

/** Where pgAdmin is, and a login of it. */
export type Login = Pick<Outputs, "pgadminUrl" | "pgadminEmail" | "pgadminPassword">;

/** The same, with the cookies that the browser has from then on. */
export function session(out: Login): Promise<{ location: string; cookie: string }> {
    return send(out, "/authenticate/login", { internal_button: "Login" });
}

/** Sends the login page's form to this address, with these fields besides. */
export async function send({ pgadminUrl, pgadminEmail, pgadminPassword }: Login, to: string, fields: Record<string, string>) {
    const page = await fetch(`${pgadminUrl}/login`);
    const token = /csrfToken(?:"|&#34;): (?:"|&#34;)([^"&]+)|name="csrf_token"[^>]*value="([^"]+)"/.exec(await page.text());
    const answer = await fetch(pgadminUrl + to, {
        method: "POST",
        redirect: "manual",
        headers: { cookie: cookies(page), "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({
            csrf_token: token?.[1] ?? token?.[2] ?? "",
            email: pgadminEmail,
            password: pgadminPassword,
            ...fields,
        }),
    });
    return { location: answer.headers.get("location") ?? `status ${answer.status}`, cookie: cookies(answer) };
}
