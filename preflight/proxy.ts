import { Settings } from "../settings/settings";
import { get } from "../host/engine";
import { Finding, warning } from "../findings/finding";

/** A running container, as the engine lists it. */
export interface Listed {
    Names: string[];
    Image: string;
    Command: string;
    Labels: Record<string, string> | null;
    NetworkSettings: { Networks: Record<string, unknown> } | null;
}

/** Whether it runs Traefik: by the image's name, by what it runs, or by the title that the official image bears. */
const isTraefik = ({ Image, Command, Labels }: Listed) =>
    /(^|\/)traefik([:@]|$)/i.test(Image) ||
    /(^|[\s/"'])traefik(\s|["']|$)/i.test(Command) ||
    Labels?.["org.opencontainers.image.title"]?.toLowerCase() === "traefik";

/** Warns if nobody would read the labels that make pgAdmin's route. */
export function judgeProxy(running: Listed[], { pgadminDomain, proxyNetwork, docker }: Settings): Finding[] {
    if (pgadminDomain === "") return [];
    const on = (network: string) => running.filter((one) => one.NetworkSettings?.Networks[network] !== undefined);
    if ([...on(proxyNetwork), ...on("host")].some(isTraefik)) return [];
    const there = on(proxyNetwork).map(({ Names }) => (Names[0] ?? "").replace(/^\//, ""));
    const elsewhere = running.find(isTraefik);
    const networks = Object.keys(elsewhere?.NetworkSettings?.Networks ?? {});
    return [
        warning(
            `proxyNetwork: no Traefik runs on network ${proxyNetwork} of ${docker.host} (on it: ${there.join(", ") || "nobody"}), and only a Traefik ` +
                `reads the labels that make the route: ${pgadminDomain} will lead nowhere. Fix: ` +
                (networks[0] !== undefined
                    ? `pulumi config set proxyNetwork ${networks[0]}   (where ${(elsewhere?.Names[0] ?? "").replace(/^\//, "")} is)`
                    : `start it; with another proxy see "Another proxy than Traefik" in docs/RUNBOOK.md`),
        ),
    ];
}

/** Asks the engine who runs, where pgAdmin is to be behind a proxy. */
export async function inspectProxy(settings: Settings): Promise<Finding[]> {
    if (settings.pgadminDomain === "") return [];
    return judgeProxy((await get<Listed[]>(settings.docker, "/containers/json")) ?? [], settings);
}
