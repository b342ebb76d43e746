import { judgeVisit } from "../../../../../cli/verify/checks/pgadmin";

test("a visit over HTTPS needs pgAdmin's answer, and a certificate that lasts", () => {
    const now = new Date("2026-01-01");
    const visit = { status: 200, body: "PING", until: new Date("2026-03-01") };
    expect(judgeVisit(visit, "d", now)).toMatchObject({ result: "ok", saw: "https://d answers, its certificate is valid for 59 days" });
    expect(judgeVisit({ ...visit, until: new Date("2026-01-05") }, "d", now).result).toBe("warning");
    expect(judgeVisit({ ...visit, status: 404, body: "404 page not found" }, "d", now).result).toBe("failed");
});
