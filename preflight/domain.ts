import { stackLabel } from "../components/labels";
import { configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ListedContainer, nameOf } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { Settings } from "../settings/settings";
import { OwnedResources } from "./state";

/**
 * Running containers that are not the stack's, and whose labels have Traefik serve its domain: of two equal routes, it takes one. It
 * may be set to take a container without `traefik.enable`, which Coolify's is not.
 */
export function judgeDomain(
    running: ListedContainer[],
    settings: Settings,
    { owner, ids }: Pick<OwnedResources, "owner" | "ids">,
): Finding[] {
    const { pgadminDomain, docker } = settings;
    if (pgadminDomain === "") return [];
    const others = running.filter(({ Id, Labels }) => Labels?.[stackLabel] !== owner && !ids.includes(Id));
    const routes = others.map((one) => ({ one, route: routeOf(one, pgadminDomain, entrypointsOf(settings)) }));
    const describe = (one: ListedContainer) =>
        `container ${nameOf(one)}${one.Labels?.[stackLabel] ? ` of stack ${one.Labels[stackLabel]}` : ""}`;
    const judge = (route: Route, finding: typeof error, what: string): Finding[] => {
        const holders = routes.filter((each) => each.route === route).map(({ one }) => one);
        if (holders.length === 0) return [];
        return [
            finding(
                `pgadminDomain: ${pgadminDomain} is already that of ${holders.map(describe).join(" and ")} on ${docker.host}, and ${what}`,
                `${configSet(settings, "pgadminDomain", "DOMAIN")}   (another name that leads to this host), ` +
                    `or, if nobody needs it: ${dockerCommand(docker)} stop ${holders.map((one) => shellWord(nameOf(one))).join(" ")}`,
            ),
        ];
    };
    return [
        ...judge("enabled", error, "the proxy would lead people to one of them"),
        ...judge("unknown", warning, "a proxy that takes containers without traefik.enable would lead people to one of them"),
    ];
}

/** Whether the proxy has a container's route; unknown if the container does not say it. */
type Route = "enabled" | "unknown" | "none";

/** The entrypoints of pgAdmin's own routes. */
const entrypointsOf = ({ proxyEntrypoint, proxyTls, proxyRedirectFrom }: Settings) => [
    proxyEntrypoint,
    ...(proxyTls && proxyRedirectFrom !== "" ? [proxyRedirectFrom] : []),
];

/** Whether a router of a container takes the domain on one of the entrypoints. Traefik ignores the case of labels. */
function routeOf({ Labels }: ListedContainer, domain: string, entrypoints: string[]): Route {
    const labels = new Map(Object.entries(Labels ?? {}).map(([label, value]) => [label.toLowerCase(), value]));
    const takes = [...labels].some(([label, rule]) => {
        const [, router] = /^(traefik\.(?:http|tcp)\.routers\.[^.]+)\.rule$/.exec(label) ?? [];
        if (router === undefined || !takesAll(rule, domain)) return false;
        if (labels.has(`${router}.priority`)) return false; // somebody has chosen which of the two it is
        const on = labels.get(`${router}.entrypoints`); // a router without any is on all of them
        return on === undefined || on.split(",").some((one) => entrypoints.includes(one.trim()));
    });
    const enabled = labels.get("traefik.enable");
    return !takes ? "none" : enabled === undefined ? "unknown" : /^(1|t|true)$/i.test(enabled) ? "enabled" : "none";
}

const hostMatcher = /\bHost(?:SNI)?\(([^)]*)\)/gi;
const everyPath = /\bPathPrefix\(\s*[`"]\/[`"]\s*\)/gi; // as Coolify writes it

/** Whether a rule takes the whole domain. One with a path or a header takes its part, and leaves pgAdmin the others. */
export function takesAll(rule: string, domain: string): boolean {
    const hosts = [...rule.matchAll(hostMatcher)].flatMap(([, names = ""]) => names.split(",").map((one) => one.replace(/[`"\s]/g, "")));
    const more = rule.replace(hostMatcher, "").replace(everyPath, "");
    return /^[\s()&|]*$/.test(more) && hosts.some((one) => one.toLowerCase() === domain.toLowerCase());
}
