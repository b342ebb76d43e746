/** The configuration as the Pulumi CLI hands it over: text, not checked. */
export interface RawConfig {
    project: string;
    stack: string;
    /** Every configured value by its full key, `namespace:key`. */
    values: Record<string, string>;
    /** The full keys that are stored encrypted. */
    secretKeys: string[];
    env: NodeJS.ProcessEnv;
}

/** A key of a provider's namespace that the program reads too. */
export interface ProviderKey {
    /** Environment variable that is used if the key is not set. */
    variable?: string;
    /** Value if neither is set; "" by default. */
    default?: string;
    /** What it is, for docs/SETTINGS.md. */
    description: string;
}

/** What is set for a provider's key: the stack's value, else the environment's, else the default. */
export function provided(raw: RawConfig, fullKey: string, { variable, default: value = "" }: ProviderKey): string {
    return raw.values[fullKey] || (variable && raw.env[variable]) || value;
}
