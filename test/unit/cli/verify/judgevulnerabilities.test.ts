import { compareVersions, judgeVulnerabilities } from "../../../../cli/verify/judgevulnerabilities";
import { ofPgbouncer } from "../../../../cli/verify/vulnerabilities";
import { facts } from "./console";
import { seen } from "./seen";

test("versions are compared by number", () => {
    expect(compareVersions("1.9.0", "1.25.0")).toBeLessThan(0);
    expect(compareVersions("1.26.1", "1.26.1")).toBe(0);
});

test("known vulnerabilities that are open are a warning, and averted ones are listed with the reason", () => {
    const judged = (version: string) =>
        seen(judgeVulnerabilities(ofPgbouncer, { version, config: facts.config }, { stack: "s", image: "a/b:1@sha256:12" }));
    expect(judged("1.25.2")).toMatch(/^warning: open in 1.25.2: .* \.\/sidecar pin --stack s a\/b:TAG /);
    expect(judged("1.26.1")).toMatch(/^ok: no known vulnerability is open in 1.26.1; averted: CVE-2025-2291/);
});
