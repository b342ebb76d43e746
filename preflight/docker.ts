import { exporterHostPorts } from "../components/metrics/ports";
import { configRemove, configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ContainerFacts, HostFacts } from "../host/containers";
import { dockerCommand } from "../host/engine";
import { Settings } from "../settings/settings";
import { bypasses, whereabouts } from "./isolation";
import { judgeAliases, judgeDatabaseHost } from "./names";
import { builtinNetworks, databasesOn, judgeDatabaseNetwork, ownNetwork } from "./network";
import { wantedPorts, WantedPort } from "./port";
import { OwnedResources } from "./state";

type Owned = Pick<OwnedResources, "owner" | "ids">;
type Rule = (host: HostFacts, settings: Settings, owned: Owned) => Finding[];

const rules: Rule[] = [
    judgeDatabasePlace,
    judgeProxyNetwork,
    judgeMetricsNetwork,
    judgeExportersNetwork,
    judgeIsolation,
    judgeAliases,
    judgeVolume,
    judgePublishedPorts,
];

/** What prevents an `up` on this Docker host, beside what the stack's state already has there. */
export function judgeHost(host: HostFacts, settings: Settings, owned: Owned): Finding[] {
    return rules.flatMap((rule) => rule(host, settings, owned));
}

/** Whether the pooler finds the database. Its name can only be judged on a network that exists. */
function judgeDatabasePlace(host: HostFacts, settings: Settings): Finding[] {
    const network = judgeDatabaseNetwork(host, settings);
    return network.length > 0 ? network : judgeDatabaseHost(host, settings);
}

function judgeProxyNetwork(host: HostFacts, settings: Settings): Finding[] {
    const { pgadminDomain } = settings;
    if (pgadminDomain === "") return [];
    const otherwise = `or serve pgAdmin without a proxy: ${configRemove(settings, "pgadminDomain")}`;
    return judgeThere(host, settings, { key: "proxyNetwork", what: `the proxy to serve ${pgadminDomain} on`, whose: "PROXY", otherwise });
}

function judgeMetricsNetwork(host: HostFacts, settings: Settings): Finding[] {
    const { metrics, metricsNetwork } = settings;
    if (!metrics || metricsNetwork === "") return [];
    const otherwise = `or have them on the database's: ${configRemove(settings, "metricsNetwork")}`;
    return judgeThere(host, settings, {
        key: "metricsNetwork",
        what: "Prometheus to find the exporters on",
        whose: "PROMETHEUS",
        otherwise,
    });
}

/** Whether ports of the host can lead to the exporters. */
function judgeExportersNetwork({ networks }: HostFacts, settings: Settings): Finding[] {
    const { metricsNetwork, databaseNetwork, metricsPort } = settings;
    if (exporterHostPorts(settings).length === 0) return [];
    const name = metricsNetwork || databaseNetwork;
    if (!networks.some((one) => one.name === name && one.internal)) return [];
    return [
        error(
            `metricsPort: is ${metricsPort}, and the exporters' network ${name} is an internal one, on which no port of the host leads to a container`,
            `${configRemove(settings, "metricsPort")}, or have them on another network: ${configSet(settings, "metricsNetwork", "NETWORK")}`,
        ),
    ];
}

interface NamedNetwork {
    key: "proxyNetwork" | "metricsNetwork";
    what: string;
    whose: string;
    /** The other remedy. */
    otherwise: string;
}

/** Whether a network that a setting names is on the host. */
function judgeThere(host: HostFacts, settings: Settings, { key, what, whose, otherwise }: NamedNetwork): Finding[] {
    const name = settings[key];
    const builtin = builtinNetworks.includes(name);
    if (!builtin && host.networks.some((one) => one.name === name)) return [];
    return [
        error(
            builtin
                ? `${key}: ${name} is one of Docker's own networks, where containers don't find each other by name, so it is no network for ${what}`
                : `${key}: there is no network ${name} on ${settings.docker.host} for ${what}`,
            `${configSet(settings, key, "NETWORK")}   (docker inspect -f '{{json .NetworkSettings.Networks}}' ${whose}-CONTAINER prints it), ${otherwise}`,
        ),
    ];
}

/** The ways by which pgAdmin would bypass the pooler. A direct entry is there to bypass it. */
function judgeIsolation(host: HostFacts, settings: Settings, { owner }: Owned): Finding[] {
    const { adminUi, databaseNetwork, databasePort, pgadminDirect, pgadminDomain, proxyNetwork, docker } = settings;
    if (adminUi === "none" || pgadminDirect) return [];
    const own = host.networks.filter((one) => one.owner === owner).map(({ name }) => name);
    const networks = [...own, ...(pgadminDomain === "" ? [] : [proxyNetwork])];
    return databasesOn(databaseNetwork, host, settings).flatMap((database) =>
        bypasses(networks, whereabouts(database), databasePort, dockerCommand(docker)).map(({ by, fix, network }) => {
            const separate = `give the database a network of its own: ${ownNetwork(database, host, settings)}; then bring the stack up and: `;
            return warning(
                `pgAdmin can reach the database past the pooler, where no budget counts its connections: by ${by}`,
                `${network === databaseNetwork ? separate : ""}${fix}`,
            );
        }),
    );
}

function judgeVolume(host: HostFacts, settings: Settings, owned: Owned): Finding[] {
    const { adminUi, pgadminVolume, stack } = settings;
    if (adminUi === "none") return [];
    const holder = others(host, owned).find((one) => one.running && one.writableVolumes.includes(pgadminVolume));
    return holder
        ? [conflict(settings, holder, { key: "pgadminVolume", what: `the volume ${pgadminVolume}`, free: `${pgadminVolume}-${stack}` })]
        : [];
}

function judgePublishedPorts(host: HostFacts, settings: Settings, owned: Owned): Finding[] {
    const strangers = others(host, owned);
    return wantedPorts(settings, host).flatMap(({ key, port, of, free }) => {
        const holder = host.containers.find((one) => one.running && one.hostPorts.includes(port));
        if (!holder) return [];
        if (strangers.includes(holder)) return [conflict(settings, holder, { key, what: `port ${port}`, free })];
        // Which of the two is replaced first is not certain. What an interrupted run left is removed before either.
        const now = owned.ids.includes(holder.id) ? publisherOf(holder) : undefined;
        return now === undefined || now === of
            ? []
            : [error(`${key}: port ${port} is still that of the stack's own ${holder.name}`, configSet(settings, key, free))];
    });
}

/** The resource that publishes a port by one of our containers, by the name that Pulumi gave it; undefined if it has another. */
const publisherOf = ({ name }: ContainerFacts) => /^(pgadmin|metrics-(?:database|console(?:-\d+)?))-[0-9a-f]{7}$/.exec(name)?.[1];

/** The containers that are not the stack's. */
function others({ containers }: HostFacts, { owner, ids }: Owned): ContainerFacts[] {
    return containers.filter((one) => one.owner !== owner && !ids.includes(one.id));
}

interface Taken {
    key: "pgadminVolume" | WantedPort["key"];
    what: string;
    /** A value of the setting that avoids the conflict. */
    free: string;
}

/** A conflict with something that another container has already. */
function conflict(settings: Settings, { name, owner }: ContainerFacts, { key, what, free }: Taken): Finding {
    const { docker } = settings;
    return error(
        `${key}: ${what} is already that of container ${name}${owner ? ` of stack ${owner}` : ""} on ${docker.host}`,
        `${configSet(settings, key, free)}, or: ${dockerCommand(docker)} stop ${shellWord(name)}`,
    );
}
