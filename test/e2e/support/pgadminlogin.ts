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

/** The same, with the cookies that the browser has from then on. */
export async function session({
    pgadminUrl,
    pgadminEmail,
    pgadminPassword,
}: Pick<Outputs, "pgadminUrl" | "pgadminEmail" | "pgadminPassword">): Promise<{ location: string; cookie: string }> {
    const page = await fetch(`${pgadminUrl}/login`);
    const token = /csrfToken(?:"|&#34;): (?:"|&#34;)([^"&]+)|name="csrf_token"[^>]*value="([^"]+)"/.exec(await page.text());
    const answer = await fetch(`${pgadminUrl}/authenticate/login`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie: cookies(page), "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({
            csrf_token: token?.[1] ?? token?.[2] ?? "",
            email: pgadminEmail,
            password: pgadminPassword,
            internal_button: "Login",
        }),
    });
    return { location: answer.headers.get("location") ?? `status ${answer.status}`, cookie: cookies(answer) };
}
