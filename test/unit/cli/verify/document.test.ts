import * as fs from "fs";
import * as path from "path";
import { securityDocument } from "../../../../cli/verify/document";

const current = fs.readFileSync(path.join(__dirname, "../../../../docs/SECURITY.md"), "utf8");

test("docs/SECURITY.md's table is up to date; `npm run docs` updates it", () => {
    expect(current).toBe(securityDocument());
});

test("the prose around the table stays, and a lost mark is an error", () => {
    const fresh = securityDocument(current.replace("# Security\n", "# Security\n\nBy hand.\n").replace("| CVE-2026-107349 |", "| CVE-0 |"));
    expect(fresh).toContain("\n\nBy hand.\n");
    expect(fresh).not.toContain("CVE-0");
    expect(() => securityDocument(current.replace("<!-- End", "<!-- "))).toThrow("docs/SECURITY.md has lost a mark");
});
