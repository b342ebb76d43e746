import * as fs from "fs";
import * as path from "path";
import { load } from "js-yaml";
import { declaredSettings } from "../../settings/project";
import { Key, schema } from "../../settings/schema";
import { parseSettings } from "../../settings/settings";
import { settingsOf } from "./fixture";

const root = path.join(__dirname, "../..");
test("Pulumi.yaml declares the settings of the schema, and no others", () => {
    expect(Object.keys(declaredSettings()).sort()).toEqual(Object.keys(schema.shape).sort());
});

test.each(Object.entries(declaredSettings()))(
    "%s has a type, a default and a description, and docs/SETTINGS.md has both",
    (key, setting) => {
        const type = Array.isArray(setting.default) ? "array" : typeof setting.default === "number" ? "integer" : typeof setting.default;
        expect(setting.type).toBe(type);
        const row = fs
            .readFileSync(path.join(root, "docs/SETTINGS.md"), "utf8")
            .split("\n")
            .find((line) => line.startsWith(`| \`${key}\` |`));
        expect(row).toContain(setting.description);
        const shown = Array.isArray(setting.default) ? setting.default.join(", ") : String(setting.default).replace(/@sha256:.*/, "");
        expect(row).toContain(` | ${shown === "" ? "" : `\`${shown}\``} | `);
    },
);

test.each(Object.entries(declaredSettings()))("the schema's value of %s has the type that Pulumi.yaml declares", (key, { type }) => {
    const value = settingsOf()[key as Key];
    expect(Array.isArray(value) ? "array" : typeof value === "number" ? "integer" : typeof value).toBe(type);
});

test("dependencies are pinned exactly", () => {
    const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
    for (const version of Object.values({ ...dependencies, ...devDependencies })) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("Pulumi.stage.yaml sets everything but the database's password", () => {
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
