import { imageName } from "../../host/imagereference";
import { ok, Outcome, warning } from "./check";
import { Vulnerability } from "./vulnerabilities";

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: string, b: string): number {
    return a.localeCompare(b, "en", { numeric: true });
}

/** A vulnerability of a version, and what averts it there. */
export type Judged = Omit<Vulnerability<never>, "averted"> & { averted?: string };

/** The vulnerabilities that a version has, each with what averts it in this configuration. */
export function judge<Config>(all: Vulnerability<Config>[], version: string, config: Config): Judged[] {
    const affects = ({ from, fixed }: Vulnerability<Config>) =>
        !(from && compareVersions(version, from) < 0) && !(fixed && compareVersions(version, fixed) >= 0);
    return all.filter(affects).map(({ averted, ...rest }) => {
        const why = averted?.(config);
        return { ...rest, ...(why ? { averted: why } : {}) };
    });
}

/** The same in words: those that are open, and those that something averts, grouped by what that is. */
export function vulnerabilitiesOf<Config>(all: Vulnerability<Config>[], version: string, config: Config) {
    const open: string[] = [];
    const averted = new Map<string, string[]>();
    for (const { id, what, fixed, averted: why } of judge(all, version, config)) {
        if (why) averted.set(why, [...(averted.get(why) ?? []), id]);
        else open.push(`${id}: ${what}${fixed ? ` (fixed in ${fixed})` : ""}`);
    }
    return { open, averted: [...averted].map(([why, ids]) => `${ids.join(", ")} (${why})`) };
}

/** What is open in the version that runs, and what isn't and why; `image` is the one that is pinned. */
export function judgeVulnerabilities<Config>(
    all: Vulnerability<Config>[],
    { version, config }: { version: string; config: Config },
    { stack, image }: { stack: string; image: string },
): Outcome {
    const { open, averted } = vulnerabilitiesOf(all, version, config);
    const also = averted.length > 0 ? `; averted: ${averted.join("; ")}` : "";
    if (open.length === 0) return ok(`no known vulnerability is open in ${version}${also}`);
    return warning(
        `open in ${version}: ${open.join("; ")}${also}`,
        `./sidecar pin --stack ${stack} ${imageName(image)}:TAG   (once there is a newer one)`,
    );
}
