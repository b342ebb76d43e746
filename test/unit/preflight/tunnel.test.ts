import { judgeTunnel } from "../../../preflight/tunnel";
import { settingsOf } from "../fixture";

const server = { "postgresql:host": "127.0.0.1", "postgresql:port": "15432", "docker:host": "ssh://me@here" };
const judge = (tunnel: string, more = {}) => judgeTunnel(settingsOf({ ...server, ...more }), tunnel);

test("the stack's own tunnel, another stack's to the same database, and none at all are right", () => {
    for (const tunnel of ["", "stage ssh://me@here timescale_db 15432", "prod ssh://me@here timescale_db 15432"])
        expect(judge(tunnel)).toEqual([]);
});

test("so is one by another port, or for a stack that does not use it", () => {
    expect(judge("prod ssh://me@there timescale_db 15433")).toEqual([]);
    expect(judge("prod ssh://me@there timescale_db 15432", { "postgresql:host": "db.example.com" })).toEqual([]);
});

test.each(["ssh://me@there timescale_db", "ssh://me@here other_db"])(
    "a tunnel to %s is refused, with the way into the stack's own",
    (to) => {
        const [finding, ...others] = judge(`prod ${to} 15432`);
        expect(others).toEqual([]);
        expect(finding!.level).toBe("error");
        expect(finding!.what).toContain("postgresql:port: this shell is in the tunnel of stack prod, so port 15432 here leads to ");
        expect(finding!.fix).toBe("exit   (out of that tunnel), then: ./sidecar tunnel --stack stage -- pulumi up --stack stage");
    },
);
