/** A pooler's SHOW CONFIG, by pgbouncer's own names. It decides whether a vulnerability is open. */
export type PoolerConfig = Record<string, string>;

interface Vulnerability {
    id: string;
    what: string;
    /** First version that has it; by default the very first. */
    from?: string;
    /** First version without it; undefined if every version has it. */
    fixed?: string;
    /** What averts it in this configuration, if anything does. */
    averted?: (config: PoolerConfig) => string | undefined;
}

const ownDatabase = () => "needs a hostile database server; ours is the only one";
const qualified = ({ auth_query: text = "" }: PoolerConfig) => /FROM \w+\.\w+\(/.test(text);

/**
 * Whether a list has an empty name: two separators in a row, or one at either end. Without one, pgbouncer's search for the empty name
 * never ends, and a client starts it with `options=-c =`.
 */
export function hasEmptyName(list: string): boolean {
    return /(^|[\s,])([\s,]|$)/.test(list);
}

/** Known vulnerabilities of pgbouncer, as of 1.26.1 (October 2026). */
export const vulnerabilities: Vulnerability[] = [
    {
        id: "CVE-2025-2291",
        what: "an expired password still logs in",
        averted: (config) => (qualified(config) ? "our lookup returns no expired password (lookup-expiry)" : undefined),
    },
    {
        id: "CVE-2025-12819",
        what: "an unauthenticated client runs SQL through auth_query by its search_path",
        fixed: "1.25.1",
        averted: (config) => (qualified(config) ? "every name in auth_query is qualified (lookup-path)" : undefined),
    },
    { id: "CVE-2026-6664", what: "a malformed login crashes the pooler", fixed: "1.25.2" },
    { id: "CVE-2026-6665", what: "a stack overflow in SCRAM", fixed: "1.25.2", averted: ownDatabase },
    { id: "CVE-2026-6666", what: "a crash on an error without SQLSTATE", fixed: "1.25.2", averted: ownDatabase },
    { id: "CVE-2026-6668", what: "an unauthenticated client can hang the pooler", fixed: "1.26.0" },
    { id: "CVE-2026-6669", what: "SCRAM iterations without a bound", fixed: "1.26.0", averted: ownDatabase },
    { id: "CVE-2026-19888", what: "a malformed login crashes the pooler", fixed: "1.26.0" },
    {
        id: "CVE-2026-107348",
        what: "a client can hang the pooler",
        from: "1.21.0",
        fixed: "1.26.1",
        averted: ({ max_packet_size: most }) => (Number(most) < 2 ** 31 ? "max_packet_size is below 2 GiB" : undefined),
    },
    {
        id: "CVE-2026-107349",
        what: "an unauthenticated client can hang the pooler",
        from: "1.20.0",
        fixed: "1.26.1",
        averted: ({ ignore_startup_parameters: ignored = "" }) =>
            hasEmptyName(ignored) ? "ignore_startup_parameters has an empty name" : undefined,
    },
    {
        id: "CVE-2026-107350",
        what: "a client that knows the password of a user in auth_file can log in as any SCRAM user",
        from: "1.17.0",
        fixed: "1.26.1",
    },
];

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: string, b: string): number {
    return a.localeCompare(b, "en", { numeric: true });
}

/** The vulnerabilities of `version`, in words: those that are open, and those that something averts, grouped by what that is. */
export function vulnerabilitiesOf(version: string, config: PoolerConfig): { open: string[]; averted: string[] } {
    const open: string[] = [];
    const averted = new Map<string, string[]>();
    for (const { id, what, from, fixed, averted: avert } of vulnerabilities) {
        if ((from && compareVersions(version, from) < 0) || (fixed && compareVersions(version, fixed) >= 0)) continue;
        const why = avert?.(config);
        if (why) averted.set(why, [...(averted.get(why) ?? []), id]);
        else open.push(`${id}: ${what}${fixed ? ` (fixed in ${fixed})` : ""}`);
    }
    return { open, averted: [...averted].map(([why, all]) => `${all.join(", ")} (${why})`) };
}
