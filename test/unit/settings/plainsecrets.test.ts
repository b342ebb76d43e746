import { complaint, settingsOf } from "../fixture";

test.each([
    ["postgresql:password", "hunter22"],
    ["pgadminPassword", "hunter22"],
])("%s in plain text is refused and not repeated", (key, value) => {
    const said = complaint({ [key]: value }, { secretKeys: [] });
    expect(said).toContain(`${key} is a secret, but stored in plain text`);
    expect(said).toContain(`pulumi config set --stack stage --secret ${key}`);
    expect(said).not.toContain(value);
});

test("a key that is a text and not a file is refused in plain text, and not repeated", () => {
    const around = { secretKeys: ["postgresql:password"] };
    for (const sslinline of [true, "true"]) {
        const said = complaint({ "postgresql:clientcert": JSON.stringify({ cert: "C", key: "PRIVATE", sslinline }) }, around);
        expect(said).toContain("postgresql:clientcert holds its key itself (sslinline), which is a secret, but stored in plain text");
        expect(said).toContain("Fix: pulumi config set --stack stage --secret --path postgresql:clientcert.key < key.pem");
        expect(said).not.toContain("PRIVATE");
    }
    expect(() => settingsOf({ "postgresql:clientcert": '{"cert":"/me.pem","key":"/me.key"}' }, around)).not.toThrow();
});
