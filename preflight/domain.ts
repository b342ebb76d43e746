import { stackLabel } from "../components/labels";
import { configSet } from "../findings/commands";
import { error, Finding } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ListedContainer } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { Settings } from "../settings/settings";
import { nameOf } from "./proxy";
import { OwnedResources } from "./state";

/** Running containers that are not the stack's, and whose labels have Traefik serve its domain: of two equal routes, it takes one. */
export function judgeDomain(
    running: ListedContainer[],
    settings: Settings,
    { owner, ids }: Pick<OwnedResources, "owner" | "ids">,
): Finding[] {
    const { pgadminDomain, docker } = settings;
    if (pgadminDomain === "") return [];
    const others = running.filter(({ Id, Labels }) => Labels?.[stackLabel] !== owner && !ids.includes(Id));
    const holders = others.filter((one) => serves(one, pgadminDomain, entrypointsOf(settings)));
    if (holders.length === 0) return [];
    const described = holders.map(
        (one) => `container ${nameOf(one)}${one.Labels?.[stackLabel] ? ` of stack ${one.Labels[stackLabel]}` : ""}`,
    );
    return [
        error(
            `pgadminDomain: ${pgadminDomain} is already that of ${described.join(" and ")} on ${docker.host}, and the proxy would lead people to one of them`,
            `${configSet(settings, "pgadminDomain", "DOMAIN")}   (another name that leads to this host), ` +
                `or, if nobody needs it: ${dockerCommand(docker)} stop ${holders.map((one) => shellWord(nameOf(one))).join(" ")}`,
        ),
    ];
}

/** The entrypoints of pgAdmin's own routes. */
const entrypointsOf = ({ proxyEntrypoint, proxyTls, proxyRedirectFrom }: Settings) => [
    proxyEntrypoint,
    ...(proxyTls && proxyRedirectFrom !== "" ? [proxyRedirectFrom] : []),
];

/** Whether a router of a container takes the domain on one of the entrypoints. Traefik ignores the case of labels. */
function serves({ Labels }: ListedContainer, domain: string, entrypoints: string[]): boolean {
    const labels = new Map(Object.entries(Labels ?? {}).map(([label, value]) => [label.toLowerCase(), value]));
    if (labels.get("traefik.enable") === "false") return false;
    return [...labels].some(([label, rule]) => {
        const [, router] = /^(traefik\.(?:http|tcp)\.routers\.[^.]+)\.rule$/.exec(label) ?? [];
        if (router === undefined || !takesAll(rule, domain)) return false;
        const on = labels.get(`${router}.entrypoints`); // a router without any is on all of them
        return on === undefined || on.split(",").some((one) => entrypoints.includes(one.trim()));
    });
}

const hostMatcher = /\bHost(?:SNI)?\(([^)]*)\)/gi;
const everyPath = /\bPathPrefix\(\s*[`"]\/[`"]\s*\)/gi; // as Coolify writes it

/** Whether a rule takes the whole domain. One with a path or a header takes its part, and leaves pgAdmin the others. */
export function takesAll(rule: string, domain: string): boolean {
    const hosts = [...rule.matchAll(hostMatcher)].flatMap(([, names = ""]) => names.split(",").map((one) => one.replace(/[`"\s]/g, "")));
    const more = rule.replace(hostMatcher, "").replace(everyPath, "");
    return /^[\s()&|]*$/.test(more) && hosts.some((one) => one.toLowerCase() === domain.toLowerCase());
}
