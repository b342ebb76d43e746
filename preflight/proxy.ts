import { configSet } from "../findings/commands";
import { Finding, warning } from "../findings/finding";
import { shellWord } from "../findings/quoting";
import { ListedContainer, nameOf } from "../host/containers";
import { get } from "../host/engine";
import { Settings } from "../settings/settings";

/** Whether a container runs Traefik: by its image's name, its command, or the title of the official image. */
const isTraefik = ({ Image, Command, Labels }: ListedContainer) =>
    /(^|\/)traefik([:@]|$)/i.test(Image) ||
    /(^|[\s/"'])traefik(\s|["']|$)/i.test(Command) ||
    Labels?.["org.opencontainers.image.title"]?.toLowerCase() === "traefik";

/** Warns if no proxy would read the labels that make pgAdmin's route. */
export function judgeProxy(running: ListedContainer[], settings: Settings): Finding[] {
    const { pgadminDomain, proxyNetwork, docker } = settings;
    if (pgadminDomain === "") return [];
    const on = (network: string) => running.filter((one) => one.NetworkSettings?.Networks[network] !== undefined);
    if ([...on(proxyNetwork), ...on("host")].some(isTraefik)) return [];
    const present = on(proxyNetwork).map(nameOf);
    const elsewhere = running.find(isTraefik);
    const [network] = Object.keys(elsewhere?.NetworkSettings?.Networks ?? {});
    return [
        warning(
            `proxyNetwork: no Traefik runs on network ${proxyNetwork} of ${docker.host} (on it: ${present.join(", ") || "nothing"}), and only a Traefik ` +
                `reads the labels that make the route: ${pgadminDomain} will lead nowhere`,
            elsewhere && network !== undefined
                ? `${configSet(settings, "proxyNetwork", shellWord(network))}   (${nameOf(elsewhere)} is on it)`
                : `start it; with another proxy see "Another proxy than Traefik" in docs/RUNBOOK.md`,
        ),
    ];
}

/** The running containers with their labels, if pgAdmin is to be behind a proxy. */
export async function inspectProxy({ pgadminDomain, docker }: Settings): Promise<ListedContainer[]> {
    return pgadminDomain === "" ? [] : ((await get<ListedContainer[]>(docker, "/containers/json")) ?? []);
}
