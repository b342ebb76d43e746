import { metricsAliases } from "../components/metrics/aliases";
import { configSet } from "../findings/commands";
import { Mistakes } from "./mistakes";
import { freeAlias } from "./rules";
import { OwnSettings } from "./schema";

/** Bytes of a name in PostgreSQL, and of each part of one in DNS. */
const longestName = 63;

/** Characters that the stack's name may have before its first dot: the part of the exporters' name that begins with the alias ends there. */
const roomInDns = (pgbouncerAlias: string) =>
    longestName - metricsAliases({ pgbouncerAlias, stack: "" }).postgres.split(".").at(-1)!.length;

/** What decides how long a stack's name may be. */
type Named = Pick<OwnSettings, "metrics" | "pgbouncerAlias" | "databaseHost"> & { stack: string };

/** Reports a stack's name that is too long for what is named after it. */
export function refuseLongStackName(project: string, named: Named, mistakes: Mistakes): void {
    const { stack, metrics, pgbouncerAlias, databaseHost } = named;
    const mark = longestName - `${project}/`.length;
    const [first, ...rest] = stack.split(".") as [string, ...string[]];
    const isTooLong = (alias: string) => metrics && first.length > roomInDns(alias);
    if (stack.length <= mark && !isTooLong(pgbouncerAlias)) return;
    const what = isTooLong(pgbouncerAlias)
        ? `has a name of ${first.length} characters${rest.length > 0 ? " before its first dot" : ""}, and it may have at most ${Math.max(roomInDns(pgbouncerAlias), 0)}: ` +
          `with metrics, a part of a DNS name has ${longestName} characters at most (${pgbouncerAlias}-database-metrics-NAME)`
        : `has a name of ${stack.length} characters, and it may have at most ${mark}: ` +
          `PostgreSQL cuts ${project}/NAME, the mark of the stack's roles, after ${longestName} characters`;
    // An alias that leaves less room than the default one is shortened first, since a stack's name is harder to change.
    const usual = freeAlias(databaseHost);
    const alias = isTooLong(pgbouncerAlias) && roomInDns(pgbouncerAlias) < roomInDns(usual) ? usual : pgbouncerAlias;
    const most = metrics ? Math.min(mark, roomInDns(alias)) : mark;
    const cut = (name: string, end: number) => name.slice(0, end).replace(/[._-]+$/, "");
    const shorter = cut([isTooLong(alias) ? cut(first, most) : first, ...rest].join("."), mark);
    const fixes = [
        ...(alias === pgbouncerAlias ? [] : [configSet({ stack }, "pgbouncerAlias", alias)]),
        ...(shorter === stack
            ? []
            : [`pulumi stack rename --stack ${stack} ${shorter}   (or another name, of ${most} characters at most)`]),
    ];
    mistakes.add("stack", what, fixes.join("; "));
}
