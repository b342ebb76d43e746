import { ListedContainer } from "../../../host/containers";
import { judgeProxy } from "../../../preflight/proxy";
import { Settings } from "../../../settings/settings";

const settings = {
    stack: "stage",
    pgadminDomain: "pgadmin.example.com",
    proxyNetwork: "coolify",
    docker: { host: "unix:///d.sock", sshOpts: [] },
} as unknown as Settings;
const container = (name: string, more: Partial<ListedContainer>, network = "coolify"): ListedContainer => ({
    Id: name,
    Names: [`/${name}`],
    Image: "busybox",
    Command: "sh",
    Labels: {},
    NetworkSettings: { Networks: { [network]: {} } },
    ...more,
});
const caddy = container("coolify-proxy", { Image: "lucaslorentz/caddy-docker-proxy:2.8-alpine", Command: "/bin/caddy docker-proxy" });

test.each([
    ["its image's name", { Image: "traefik:v3.6" }],
    ["its image in a registry, by digest", { Image: "ghcr.io/acme/traefik@sha256:0" }],
    ["what it runs", { Image: "sha256:ab", Command: '"/usr/local/bin/traefik --ping=true"' }],
    ["the official entrypoint", { Image: "sha256:ab", Command: "/entrypoint.sh traefik" }],
    ["its image's title", { Labels: { "org.opencontainers.image.title": "Traefik" } }],
])("a Traefik is known by %s", (_, more) => {
    expect(judgeProxy([container("proxy", more)], settings)).toEqual([]);
});

test("one on the host's own network serves every network", () => {
    expect(judgeProxy([caddy, container("proxy", { Image: "traefik" }, "host")], settings)).toEqual([]);
});

test("a network with another proxy is warned of, with who is there", () => {
    const [finding, ...more] = judgeProxy([caddy, container("web", { Image: "acme/traefik-docs" })], settings);
    expect(more).toEqual([]);
    expect(finding!.level).toBe("warning");
    expect(finding!.what).toContain("no Traefik runs on network coolify of unix:///d.sock (on it: coolify-proxy, web)");
    expect(finding!.fix).toContain("docs/RUNBOOK.md");
});

test("a Traefik on another network is named, with the setting for it", () => {
    const [finding] = judgeProxy([container("edge", { Image: "traefik:v3" }, "web")], settings);
    expect(finding!.what).toContain("(on it: nothing)");
    expect(finding!.fix).toBe("pulumi config set --stack stage proxyNetwork web   (edge is on it)");
});

test("without a domain nobody has to be there", () => {
    expect(judgeProxy([], { ...settings, pgadminDomain: "" })).toEqual([]);
});
