import { judgeConfig, judgeMode, judgeVersion } from "../../../../../cli/verify/checks/pooler";
import { facts } from "../console";
import { seen } from "../seen";

describe("the pooler", () => {
    test("a version other than the tag's fails; a tag without a version, or with another image's numbers, is skipped", () => {
        expect(judgeVersion("1.24.1", "a:v1.24.1-p0").result).toBe("ok");
        expect(judgeVersion("1.24.1", "edoburu/pgbouncer:v1.25.2-p0").result).toBe("failed");
        expect(judgeVersion("1.24.1", "127.0.0.1:5000/edoburu/pgbouncer:v1.25.2-p0@sha256:12").result).toBe("failed");
        expect(judgeVersion("1.24.1", "registry.example.com/pgbouncer:2026.11.1").result).toBe("skipped");
        expect(judgeVersion("1.24.1", "a:latest").result).toBe("skipped");
    });

    test("a pool in another mode fails", () => {
        expect(judgeMode([facts], ["tracksolid_db"]).result).toBe("ok");
        expect(judgeMode([facts, { ...facts, config: { pool_mode: "session" } }], ["tracksolid_db"]).result).toBe("failed");
        const pools = [{ database: "tracksolid_db", user: "postgres", pool_mode: "session" }];
        expect(seen(judgeMode([facts, { ...facts, pools }], ["tracksolid_db"]))).toContain("tracksolid_db/postgres is in session mode");
    });

    test("a configuration that differs from the deployed one fails with both values", () => {
        const ini = "[databases]\nx = host=y\n\n[pgbouncer]\nlisten_addr = *\n; a comment = 1\nlisten_port = 6432\n";
        const running = (config: Record<string, string>) => [{ ...facts, config }];
        expect(judgeConfig(running({ listen_addr: "*", listen_port: "6432" }), ini, "pulumi up")).toMatchObject({
            result: "ok",
            saw: expect.stringMatching(/^2 /),
        });
        expect(seen(judgeConfig(running({ listen_addr: "*", listen_port: "6433" }), ini, "pulumi up"))).toContain(
            "listen_port is 6433, but 6432 was deployed",
        );
    });

    test("a file is the same in whatever folder it is, but not under another name", () => {
        const ini = "[pgbouncer]\nserver_tls_ca_file = /etc/pg-sidecar/server-ca.pem\n";
        const judge = (file: string) => judgeConfig([{ ...facts, config: { server_tls_ca_file: file } }], ini, "pulumi up").result;
        expect([judge("/tmp/certificates/server-ca.pem"), judge(""), judge("/tmp/certificates/server-cert.pem")]).toEqual([
            "ok",
            "failed",
            "failed",
        ]);
    });

    test("the configuration of each process is compared with its own ini", () => {
        const ini = (size: number) => `[databases]\nx = host=y\n\n[pgbouncer]\ndefault_pool_size = ${size}\n`;
        const running = (...sizes: string[]) => sizes.map((size) => ({ ...facts, config: { default_pool_size: size } }));
        expect(judgeConfig(running("8", "7"), `${ini(8)}\n${ini(7)}`, "pulumi up").result).toBe("ok");
        expect(seen(judgeConfig(running("8", "8"), `${ini(8)}\n${ini(7)}`, "pulumi up"))).toContain(
            "default_pool_size is 8 in process 2, but 7 was deployed",
        );
    });
});
