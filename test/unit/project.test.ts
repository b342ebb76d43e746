import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { parseSettings } from "../../settings/settings";

const root = path.join(__dirname, "../..");
const { config } = load(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as {
    config: Record<string, { type: string; default: unknown; description: string }>;
};

test.each(Object.entries(config).filter(([key]) => !key.includes(":")))(
    "%s has a type, a default and a description, and stands in the README with both",
    (key, setting) => {
        expect(setting.type).toMatch(/^(string|integer|boolean|array)$/);
        const row = fs
            .readFileSync(path.join(root, "README.md"), "utf8")
            .split("\n")
            .find((line) => line.startsWith(`| \`${key}\` |`));
        expect(row).toBeDefined();
        expect(row).toContain(setting.description.replace(/\.$/, ""));
        const shown = Array.isArray(setting.default) ? setting.default.join(", ") : String(setting.default).replace(/@sha256:.*/, "");
        if (shown !== "") expect(row).toContain(shown);
    },
);

test("dependencies are pinned exactly", () => {
    const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("Pulumi.stage.yaml lacks nothing but the database's password", () => {
    const stage = load(fs.readFileSync(path.join(root, "Pulumi.stage.yaml"), "utf8")) as { config: Record<string, unknown> };
    const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    const values = Object.fromEntries(Object.entries(stage.config).map(([key, value]) => [key, text(value)]));
    const parse = (more: Record<string, string>) =>
        parseSettings({
            project: "pg-sidecar",
            stack: "stage",
            values: { ...values, ...more },
            secretKeys: ["postgresql:password"],
            env: {},
        });
    expect(() => parse({})).toThrow(/have a mistake[^]*postgresql:password is missing/);
    expect(parse({ "postgresql:password": "x" })).toMatchObject({ stack: "stage", docker: { host: expect.stringMatching(/^ssh:/) } });
});
