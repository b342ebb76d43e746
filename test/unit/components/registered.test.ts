import { X509Certificate } from "crypto";
import * as fs from "fs";
import * as path from "path";
import * as pulumi from "@pulumi/pulumi";
import { lookupConnections } from "../../../components/pgbouncer/lookupconnections";
import { makeAuthority, makeCertificate } from "../../../components/pgbouncer/certificate";
import { Surroundings } from "../../../stack";
import { Overrides, settingsOf } from "../fixture";

// What Pulumi is asked to register, in full: types, names, inputs and options. A difference here is a change in `pulumi preview` on
// every deployed stack, so a refactoring keeps this snapshot as it is.

interface Request {
    toObject(): Record<string, any>;
    getObject(): { toJavaScript(): any };
    getPropertydependenciesMap(): Map<string, { getUrnsList(): string[] }>;
}

const secret = "x";
const answers: Record<string, (inputs: any, name: string) => object> = {
    "docker:index/network:Network": (_, name) => ({ name: `${name}-1a2b3c4` }),
    "docker:index/volume:Volume": (inputs, name) => ({ name: inputs.name ?? `${name}-1a2b3c4` }),
    "pulumi:index:Stash": () => ({ output: "2026-01-02T03:04:05.000Z" }),
    "docker:index/remoteImage:RemoteImage": () => ({ imageId: "sha256:feed" }),
    "docker:index/container:Container": (_, name) => ({ name: `${name}-1a2b3c4` }),
    "postgresql:index/role:Role": () => ({}),
    "postgresql:index/function:Function": () => ({}),
    "postgresql:index/grant:Grant": () => ({}),
    "random:index/randomPassword:RandomPassword": (inputs) => ({ result: secret.repeat(inputs.length) }),
    "random:index/randomId:RandomId": () => ({ hex: "0123456789abcdef" }),
};

let registered: Request[] = [];
beforeAll(async () => {
    await pulumi.runtime.setMocks(
        {
            newResource({ type, name, inputs }) {
                if (type.startsWith("sidecar:index:")) return { id: "", state: inputs };
                const answer = answers[type];
                if (!answer) throw new Error(`no answer for a ${type}`);
                return { id: `${name}-id`, state: { ...inputs, ...answer(inputs, name) } };
            },
            call: ({ inputs }) => ({ ...inputs, id: `id-of-${inputs.name}` }),
        },
        "pg-sidecar",
        "stage",
    );
    const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: (request: Request, ...rest: any[]) => unknown };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, ...rest) => {
        registered.push(request);
        return register(request, ...rest);
    };
});

/** The options of a resource that decide what a preview says, as the request calls them; lists are sets. */
const options = [
    "parent",
    "aliasesList",
    "dependenciesList",
    "deletebeforereplace",
    "deletebeforereplacedefined",
    "ignorechangesList",
    "replaceonchangesList",
    "replaceWithList",
    "retainondelete",
    "deletedwith",
    "protect",
];

/** What a request says. The texts of files are left out: they have tests of their own. */
function shown(request: Request) {
    const fields = request.toObject();
    const used = options.filter((option) => fields[option] && !isEmpty(fields[option]));
    const properties: Record<string, string[]> = {};
    request.getPropertydependenciesMap().forEach((urns, property) => (properties[property] = urns.getUrnsList().sort()));
    return {
        type: fields.type as string,
        name: fields.name as string,
        inputs: redact(request.getObject().toJavaScript()),
        options: Object.fromEntries(used.map((option) => [option, Array.isArray(fields[option]) ? fields[option].sort() : fields[option]])),
        dependencies: Object.fromEntries(Object.entries(properties).filter(([, urns]) => urns.length > 0)),
    };
}

const isEmpty = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length === 0;

const root = path.join(__dirname, "../../..");
const files = [
    "pgbouncer/run",
    "pgbouncer/accept",
    "pgbouncer/common",
    "pgbouncer/health",
    "pgadmin/start",
    "pgadmin/backup.py",
    "pgadmin/refresh.py",
    "pgadmin/config_local.py",
].map((name) => ({
    name: `components/${name}`,
    text: fs.readFileSync(path.join(root, "components", name), "utf8"),
}));

function redact(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(redact);
    if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner)]));
    if (typeof value !== "string") return value;
    const file = files.find(({ text }) => text === value);
    if (file) return `<${file.name}>`;
    if (value.startsWith("[databases]\n")) return "<pgbouncer.ini>";
    if (value.includes("-- pgbouncer's auth_query")) return "<sql/user_lookup.sql>";
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return "<now>";
    return value.replace(/x{24,}/g, (found) => `<password of ${found.length}>`);
}

const image = (name: string) => `${name}:1@sha256:${"0".repeat(64)}`;

/** The resources of a stack with these settings. */
async function resources(overrides: Overrides, inState?: Surroundings["inState"], more: Surroundings = {}): Promise<object[]> {
    registered = [];
    const { deploy } = await import("../../../stack");
    const settings = settingsOf({
        databaseNetwork: "coolify-net",
        pgbouncerImage: image("pgbouncer"),
        pgadminImage: image("pgadmin"),
        ...overrides,
    });
    deploy(settings, { ...more, ...(inState ? { inState } : {}) });
    await pulumi.runtime.disconnect();
    return registered.map(shown).sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`, "en"));
}

test("the resources of a stack behind a proxy", async () => {
    expect(await resources({ pgadminDomain: "pgadmin.example.com" })).toMatchSnapshot();
});

test("the resources of a stack on a port, with a direct entry, after a rotation and an upgrade from before 0.2", async () => {
    const values = {
        pgadminPort: "5050",
        pgadminDirect: "true",
        pgadminPassword: "hunter22",
        databases: ["tracksolid_db", "metrics"],
        rotation: "1",
        pgbouncerStopGrace: "90",
        pgbouncerAlias: "pool",
    };
    expect(await resources(values, { roles: ["pgbouncer_2"], functions: [] })).toMatchSnapshot();
});

test("the resources of a stack without pgAdmin are the others of one with it", async () => {
    const ofPgadmin = (one: object) => /pgadmin/i.test((one as { type: string; name: string }).type + (one as { name: string }).name);
    const alone = await resources({ adminUi: "none" });
    expect(alone.filter(ofPgadmin)).toEqual([]);
    expect(alone).toEqual((await resources({})).filter((one) => !ofPgadmin(one)));
});

test("pgAdmin of a stack with an identity provider: the client secret is in a file alone", async () => {
    const values = {
        oidcIssuer: "https://id.example.com",
        oidcClientId: "pgadmin",
        oidcClientSecret: "hunter22",
        oidcAllow: ["groups=dba"],
    };
    const pgadmin = (await resources(values)).find((one) => "name" in one && one.name === "pgadmin" && "type" in one && one.type === "docker:index/container:Container"); // prettier-ignore
    const { envs } = (pgadmin as { inputs: { envs: string[] } }).inputs;
    expect(envs).toContain("SIDECAR_OIDC_SECRET_FILE=/etc/pg-sidecar/secrets/oidc-secret");
    expect(JSON.stringify(pgadmin)).not.toContain("hunter22");
});

test("the resources of a stack whose proxy is on the database's network", async () => {
    const values = {
        pgadminDomain: "pgadmin.example.com",
        proxyNetwork: "coolify-net",
        proxyCertResolver: "letsencrypt",
        pgadminDirect: "true",
    };
    expect(await resources(values)).toMatchSnapshot();
});

test("the resources of a stack with a role for pgAdmin's people, and no superuser in the pool", async () => {
    const values = {
        pgadminPort: "5050",
        databases: ["tracksolid_db", "metrics"],
        poolSuperusers: "false",
        pgadminRole: "people",
        pgadminRoleSchemas: ["tracksolid", "metrics.public"],
        pgadminPassfile: "true",
    };
    expect(await resources(values)).toMatchSnapshot();
});

test("what metrics add to a stack with two processes, and to its pooler", async () => {
    const values = { processes: "2", pgbouncerExporterImage: image("console"), postgresExporterImage: image("database") };
    const without = (await resources(values)).map((one) => JSON.stringify(one));
    const more = (await resources({ ...values, metrics: "true", metricsNetwork: "monitoring" })).filter(
        (one) => !without.includes(JSON.stringify(one)),
    );
    expect(more).toMatchSnapshot();
});

test("the exporters publish no port unless asked for, and then on loopback alone", async () => {
    const values = { processes: "2", metrics: "true", pgbouncerExporterImage: image("console"), postgresExporterImage: image("database") };
    const portsOf = async (more: object) =>
        ((await resources({ ...values, ...more })) as { name: string; inputs: { ports?: object[] } }[]).flatMap(({ name, inputs }) =>
            (inputs?.ports ?? []).map((port) => ({ name, ...port })),
        );
    expect(await portsOf({})).toEqual([]);
    const ip = "127.0.0.1";
    expect(await portsOf({ metricsPort: "9500" })).toEqual([
        { name: "metrics-console", internal: 9127, external: 9501, ip },
        { name: "metrics-console-2", internal: 9127, external: 9502, ip },
        { name: "metrics-database", internal: 9187, external: 9500, ip },
    ]);
});

test("where the engine can't limit swap, containers have the value that it stores, and nothing else differs", async () => {
    const values = { metrics: "true", pgbouncerExporterImage: image("console"), postgresExporterImage: image("database") };
    const swapOf = (all: object[]) =>
        (all as { inputs: { memorySwap?: number } }[]).flatMap(({ inputs: { memorySwap } }) => memorySwap ?? []);
    const without = await resources(values, undefined, { swapLimit: false });
    expect(swapOf(without)).toEqual([-1, -1, -1, -1]);
    const withLimit = await resources(values, undefined, { swapLimit: true });
    expect(withLimit).toEqual(await resources(values));
    const unlimited = JSON.stringify(withLimit).replace(/"memorySwap":\d+/g, '"memorySwap":-1');
    expect(JSON.stringify(without)).toBe(unlimited);
});

test("metrics of a stack with a client certificate say when it ends", async () => {
    const ca = await makeAuthority("a database");
    const { cert, key } = await makeCertificate(ca, "pooler");
    const tls = { serverTlsSslmode: "verify-full", serverTlsCa: ca.cert, serverTlsCert: cert, serverTlsKey: key };
    const all = await resources({
        ...tls,
        metrics: "true",
        pgbouncerExporterImage: image("console"),
        postgresExporterImage: image("database"),
    });
    const exporter = all.find((one) => "name" in one && one.name === "metrics-database" && "type" in one && one.type === "docker:index/container:Container"); // prettier-ignore
    const { entrypoints } = (exporter as { inputs: { entrypoints: string[] } }).inputs;
    const ends = Date.parse(new X509Certificate(cert).validTo) / 1000;
    expect(entrypoints.join("\n")).toContain(`('to the database', ${ends})`);
});

test("a run that lowers what poolers need leaves their roles the connections of the ones that still run", async () => {
    const before = { processes: 3, maxDbConnections: 20, databases: ["tracksolid_db", "gone"] };
    const all = await resources({ pgadminRole: "people" }, { roles: [], functions: [], before });
    const limits = (all as { type: string; inputs: { connectionLimit?: number } }[])
        .filter(({ type }) => type === "postgresql:index/role:Role")
        .map(({ inputs }) => inputs.connectionLimit);
    expect(limits).toEqual([lookupConnections(3), 2 * 2 * 2 * 20]);
});
