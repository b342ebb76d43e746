import { withoutSecrets } from "../../../components/redaction";

test("no secret of six characters or more is among them", () => {
    expect(withoutSecrets("FATAL: hunter22, hunter22!; abc", ["hunter22\n", "abc", ""])).toBe("FATAL: [secret], [secret]!; abc");
});
