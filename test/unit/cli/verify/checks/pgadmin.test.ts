import * as http from "http";
import { AddressInfo } from "net";
import { judgeUnvisited, judgeVisit, pgadminChecks } from "../../../../../cli/verify/checks/pgadmin";
import { Target } from "../../../../../cli/verify/target";
import { seen } from "../seen";

// Without TLS, but for the certificate that it would show.
jest.mock("https", () => ({
    ...jest.requireActual<object>("https"),
    get: (url: string, options: http.RequestOptions, answered: (response: http.IncomingMessage) => void) =>
        http.get(url.replace("https:", "http:"), options, (response) => {
            Object.assign(response.socket, { getPeerCertificate: () => ({ valid_to: "2126-01-01" }) });
            answered(response);
        }),
}));

test("a visit over HTTPS needs pgAdmin's answer, and a certificate that lasts", () => {
    const now = new Date("2026-01-01");
    const visit = { status: 200, body: "PING", until: new Date("2026-03-01") };
    expect(judgeVisit(visit, "d", now)).toMatchObject({ result: "ok", saw: "https://d answers, its certificate is valid for 59 days" });
    expect(judgeVisit({ ...visit, until: new Date("2026-01-05") }, "d", now).result).toBe("warning");
    expect(judgeVisit({ ...visit, status: 404, body: "404 page not found" }, "d", now).result).toBe("failed");
});

test("a login in front of pgAdmin is a warning: it asks for a password, or leads to another host", () => {
    const judge = (status: number, location?: string) =>
        seen(judgeVisit({ status, body: "", location, until: new Date("2026-03-01") }, "d.example", new Date("2026-01-01")));
    expect(judge(401)).toBe(
        "warning: a login in front answers https://d.example/misc/ping with 401; its certificate is valid for 59 days ",
    );
    expect(judge(302, "https://login.example/?to=d")).toMatch(/^warning: .* with 302, to login\.example;/);
    expect(judge(302, "/browser/")).toMatch(/^failed: .* answers 302/);
    expect(judge(502)).toMatch(/^failed/);
});

test("a CA that Node does not know is given to it by its environment", () => {
    const judge = (code: string) => seen(judgeUnvisited(Object.assign(new Error("no"), { code }), "d"));
    expect(judge("UNABLE_TO_VERIFY_LEAF_SIGNATURE")).toMatch(/^failed: https:\/\/d\/misc\/ping: no export NODE_EXTRA_CA_CERTS=FILE {3}\(/);
    expect(judge("ECONNREFUSED")).toBe("failed: https://d/misc/ping: no ");
});

describe("a visit that", () => {
    let server: http.Server;
    afterEach(() => {
        server.close();
        server.closeAllConnections();
    });

    test.each<[string, (response: http.ServerResponse) => unknown, RegExp]>([
        ["gets the whole answer passes", (response) => response.end("PING"), /^ok: /],
        ["gets a part of it fails", (response) => response.socket!.destroy(), /^failed: https:.*\/misc\/ping: aborted/],
    ])(
        "%s",
        async (_, goOn, outcome) => {
            server = http.createServer((_request, response) => {
                response.writeHead(200, { "content-length": 4 }).flushHeaders();
                setTimeout(() => goOn(response), 50);
            });
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            const pgadminDomain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
            const { run } = pgadminChecks.find(({ id }) => id === "https")!;
            expect(seen(await run({ deployed: { pgadminDomain } } as Target))).toMatch(outcome);
        },
        5000,
    );
});
