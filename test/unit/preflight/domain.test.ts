import { stackLabel } from "../../../components/labels";
import { routeLabels, routerName } from "../../../components/pgadmin/route";
import { ListedContainer } from "../../../host/containers";
import { judgeDomain, takesAll } from "../../../preflight/domain";
import { settingsOf } from "../fixture";
import { owner, set } from "./fixture";

const domain = "pgadmin.example.com";
const settings = settingsOf({ pgadminDomain: domain });
const owned = { owner, ids: ["recorded"] };

const container = (Labels: ListedContainer["Labels"], Id = "other"): ListedContainer => ({
    Id,
    Names: [`/${Id}-1`],
    Image: "busybox",
    Command: "sh",
    Labels,
    NetworkSettings: null,
});

/** pgAdmin's labels in a stack. */
function ofStack(name: string, more: Partial<Parameters<typeof routeLabels>[0]> = {}) {
    const route = { domain, tls: true, entrypoint: "https", redirectFrom: "http", certResolver: "letsencrypt", ...more };
    return { [stackLabel]: name, ...routeLabels(route, routerName(name), "coolify", 80) };
}

const enabled = { "traefik.enable": "true" };
const rule = (text: string, more: Record<string, string> = {}) => ({ ...enabled, "traefik.http.routers.web.rule": text, ...more });
const judge = (...running: ListedContainer[]) => judgeDomain(running, settings, owned);

test("another stack's pgAdmin under the same domain is refused, with both ways out", () => {
    const [finding, ...others] = judge(container(ofStack("pg-sidecar/prod")));
    expect(others).toEqual([]);
    expect(finding!.level).toBe("error");
    expect(finding!.what).toContain(
        `pgadminDomain: ${domain} is already that of container other-1 of stack pg-sidecar/prod on unix:///var/run/docker.sock,`,
    );
    expect(finding!.fix).toBe(
        `${set} pgadminDomain DOMAIN   (another name that leads to this host), or, if nobody needs it: docker stop other-1`,
    );
});

test("two strangers are named together", () => {
    const [finding] = judge(
        container(rule(`Host(\`${domain}\`)`), "a"),
        container({ "Traefik.Enable": "True", "Traefik.TCP.Routers.b.Rule": `HostSNI("${domain}")` }, "b"),
    );
    expect(finding!.what).toContain("that of container a-1 and container b-1 on");
    expect(finding!.fix).toMatch(/docker stop a-1 b-1$/);
});

test("a route of a container that does not enable it is a warning: not every proxy takes it", () => {
    const [finding, ...others] = judge(container({ "traefik.http.routers.web.rule": `Host(\`${domain}\`)` }));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
        level: "warning",
        what: expect.stringContaining("a proxy that takes containers without traefik.enable"),
    });
});

test("the stack's own containers are not strangers: by its label, or by its state after a rename", () => {
    expect(judge(container(ofStack(owner)), container(ofStack("pg-sidecar/former"), "recorded"))).toEqual([]);
    expect(judge(container(ofStack("pg-sidecar/former")))).toHaveLength(1);
});

test.each<[string, ListedContainer["Labels"]]>([
    ["no labels", null],
    ["another domain", ofStack("pg-sidecar/prod", { domain: "other.example.com" })],
    ["a route that is switched off", { ...ofStack("pg-sidecar/prod"), "traefik.enable": "False" }],
    ["a route whose priority somebody has chosen", rule(`Host(\`${domain}\`)`, { "traefik.http.routers.web.priority": "1" })],
    ["a route on other entrypoints", rule(`Host(\`${domain}\`)`, { "traefik.http.routers.web.entryPoints": "grpc, metrics" })],
    ["the domain in another label", { "traefik.http.middlewares.web.rule": `Host(\`${domain}\`)` }],
])("a container with %s is no conflict", (_, labels) => {
    expect(judge(container(labels))).toEqual([]);
});

test("one of several entrypoints is a conflict, also that of the redirect, if there is one", () => {
    const other = container(rule(`Host(\`${domain}\`)`, { "traefik.http.routers.web.entryPoints": "metrics, http" }));
    expect(judge(other)).toHaveLength(1);
    expect(judgeDomain([other], settingsOf({ pgadminDomain: domain, proxyRedirectFrom: "" }), owned)).toEqual([]);
});

test("without a domain there is nothing to conflict", () => {
    expect(judgeDomain([container(ofStack("pg-sidecar/prod"))], settingsOf(), owned)).toEqual([]);
});

test.each<[string, boolean]>([
    ["Host(`pgadmin.example.com`)", true],
    ['host("PgAdmin.Example.com")', true],
    ["Host(`pgadmin.example.com`) && PathPrefix(`/`)", true],
    ["Host(`a.example.com`, `pgadmin.example.com`)", true],
    ["(Host(`a.example.com`) || Host(`pgadmin.example.com`))", true],
    ["Host(`pgadmin.example.com`) && PathPrefix(`/api`)", false],
    ["Host(`pgadmin.example.com`) && Headers(`x`, `y`)", false],
    ["!Host(`pgadmin.example.com`)", false],
    ["Host(`old-pgadmin.example.com`)", false],
    ["HostRegexp(`pgadmin.example.com`)", false],
    ["PathPrefix(`/`)", false],
])("the rule %s takes the whole domain: %s", (text, all) => {
    expect(takesAll(text, domain)).toBe(all);
});
