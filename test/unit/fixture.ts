import { SettingsError } from "../../settings/mistakes";
import { Key, secretKeys } from "../../settings/schema";
import { parseSettings, Settings } from "../../settings/settings";

type Value = string | number | boolean | string[] | undefined;

/** Settings by their names; those of the providers by their full keys, such as `postgresql:host`. `undefined` leaves one out. */
export type Overrides = Partial<Record<Key | `${string}:${string}`, Value>>;

export interface Around {
    /** Default `stage`. */
    stack?: string;
    /** Full keys that are stored encrypted; by default every secret of the fixture. */
    secretKeys?: string[];
    /** The environment; empty by default. */
    env?: NodeJS.ProcessEnv;
}

/** What a stack has to set, and nothing else: everything else has Pulumi.yaml's default. */
const required: Overrides = {
    pgadminEmail: "admin@example.com",
    "postgresql:host": "127.0.0.1",
    "postgresql:password": "hunter22",
};

const secrets = [...secretKeys.map((key) => `pg-sidecar:${key}`), "postgresql:password", "postgresql:clientcert", "docker:keyMaterial"];

/** The settings of a complete stack, parsed: `settingsOf({ maxClientConn: 300, "docker:host": "ssh://root@host" })`. Throws what `parseSettings` throws. */
export function settingsOf(overrides: Overrides = {}, { stack = "stage", secretKeys = secrets, env = {} }: Around = {}): Settings {
    const values = Object.entries({ ...required, ...overrides }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key.includes(":") ? key : `pg-sidecar:${key}`, text(value)] as const],
    );
    return parseSettings({ project: "pg-sidecar", stack, values: Object.fromEntries(values), secretKeys, env });
}

/** What is reported about wrong settings. */
export function complaint(overrides: Overrides, around?: Around): string {
    try {
        settingsOf(overrides, around);
    } catch (cause) {
        expect(cause).toBeInstanceOf(SettingsError);
        return (cause as Error).message;
    }
    throw new Error("these settings were accepted");
}

/** The settings after the `config set` and `config rm` of a fix were run as printed. */
export function afterFix(overrides: Overrides, fix: string): Overrides {
    const after = { ...overrides };
    for (const [, key, value] of fix.matchAll(/pulumi config (?:set|rm) --stack stage (\w+)(?: ([^\s;]+))?/g)) after[key as Key] = value;
    return after;
}

/** A value as the Pulumi CLI hands it to a program. */
const text = (value: Exclude<Value, undefined>) => (typeof value === "string" ? value : JSON.stringify(value));
