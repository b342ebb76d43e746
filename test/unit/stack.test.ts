import * as pulumi from "@pulumi/pulumi";
import { Reload, settingsName } from "../../components/pgbouncer/reload";
import { SecretsOnVolume } from "../../components/secrets";
import { settingsOf } from "./fixture";

interface Registered {
    type: string;
    name: string;
    inputs: Record<string, any>;
}
const registered: Registered[] = [];
const reloads: Reload[] = [];
const written: SecretsOnVolume[] = [];
const limited: Record<string, number> = {};
let outputs: Record<string, unknown>;

// What each resource answers beyond its inputs; a type that is not here fails.
const answers: Record<string, (inputs: any, name: string) => object> = {
    "docker:index/network:Network": (_, name) => ({ name: `${name}-1a2b3c4` }),
    "docker:index/volume:Volume": (inputs, name) => ({ name: inputs.name ?? `${name}-1a2b3c4` }),
    "pulumi:index:Stash": () => ({}),
    "docker:index/remoteImage:RemoteImage": () => ({ imageId: "sha256:feed" }),
    "docker:index/container:Container": (_, name) => ({ name: `${name}-1a2b3c4` }),
    "postgresql:index/role:Role": () => ({}),
    "postgresql:index/function:Function": () => ({}),
    "postgresql:index/grant:Grant": () => ({}),
    "random:index/randomPassword:RandomPassword": (inputs) => ({ result: "x".repeat(inputs.length) }),
    "random:index/randomId:RandomId": () => ({ hex: "0123456789abcdef" }),
};

beforeAll(async () => {
    await pulumi.runtime.setMocks(
        {
            newResource({ type, name, inputs }) {
                registered.push({ type, name, inputs });
                if (type.startsWith("sidecar:index:")) return { id: "", state: inputs };
                const answer = answers[type];
                if (!answer) throw new Error(`no answer for a ${type}`);
                return { id: `${name}-id`, state: { ...inputs, ...answer(inputs, name) } };
            },
            call({ token, inputs }) {
                if (token !== "docker:index/getNetwork:getNetwork") throw new Error(`no answer to ${token}`);
                return { ...inputs, id: `id-of-${inputs.name}` };
            },
        },
        "pg-sidecar",
        "stage",
    );
    // The program only after the mocks: resources that are made before them go nowhere.
    const { deploy } = await import("../../stack");
    const settings = settingsOf({ databaseNetwork: "coolify-net", pgadminDomain: "pgadmin.stage.rahamafresh.com" });
    outputs = deploy(settings, {
        reload: (reload) => Promise.resolve(void reloads.push(reload)),
        writeSecrets: (secrets) => Promise.resolve(void written.push(secrets)),
        limitProcesses: ({ id, most }) => Promise.resolve(void (limited[id] = most)),
    });
    await pulumi.runtime.disconnect();
});

const one = (type: string, name: string) => registered.find((each) => each.type.endsWith(type) && each.name === name)!.inputs;
const value = <T>(output: unknown) => new Promise<T>((resolve) => pulumi.output(output as T).apply((got) => resolve(got as T)));

test("the four components are there, under tokens of the project's own", () => {
    const tokens = registered.map(({ type }) => type).filter((type) => type.startsWith("sidecar:"));
    expect(tokens.sort()).toEqual(["Authentication", "Networks", "Pgadmin", "Pgbouncer"].map((name) => `sidecar:index:${name}`));
});

test("containers have no fixed name, restart always, and get no capabilities", () => {
    for (const name of ["pgbouncer", "pgadmin"]) {
        const container = one("Container", name);
        expect(container.name).toBeUndefined();
        expect(container).toMatchObject({ restart: "always", capabilities: { drops: ["ALL"] }, networkMode: "bridge", wait: true });
    }
});

test("nobody writes their roots, and their memory, files, cores and processes are limited", () => {
    for (const name of ["pgbouncer", "pgadmin"]) {
        const container = one("Container", name);
        expect(container).toMatchObject({ readOnly: true, securityOpts: ["no-new-privileges"] });
        expect(container.uploads).toBeUndefined();
        expect(container.memorySwap).toBe(container.memory);
    }
    expect(one("Container", "pgbouncer")).toMatchObject({ memory: 512, ulimits: [{ name: "nofile", soft: 16384, hard: 16384 }] });
    expect(one("Container", "pgadmin")).toMatchObject({ memory: 1024, cpuPeriod: 100_000, cpuQuota: 100_000 });
    expect(limited).toEqual({ "pgbouncer-id": 1024, "pgadmin-id": 256 });
});

test("pgAdmin's secrets come by a volume that only another pgAdmin gets, named by no hash of them", () => {
    expect(written).toEqual([
        { owner: "pg-sidecar/stage", volume: "pgadmin-secrets-1a2b3c4", image: "sha256:feed", secrets: { password: "x".repeat(24) } },
    ]);
    const { labels } = one("Volume", "pgadmin-secrets");
    expect(labels).toContainEqual({ label: "pg-sidecar.secrets", value: "0123456789abcdef" });
    expect(one("Container", "pgadmin").volumes).toContainEqual({
        volumeName: "pgadmin-secrets-1a2b3c4",
        containerPath: "/etc/pg-sidecar/secrets",
        readOnly: true,
    });
});

test("the sidecar's network leads nowhere", () => {
    expect(one("Network", "pg-sidecar")).toMatchObject({ internal: true });
});

test("the pooler publishes no port and is on both networks under its alias", () => {
    const pooler = one("Container", "pgbouncer");
    expect(pooler.ports).toBeUndefined();
    expect(pooler.networksAdvanced).toEqual([
        { name: "coolify-net", aliases: ["pgbouncer"] },
        { name: "pg-sidecar-1a2b3c4", aliases: ["pgbouncer"] },
    ]);
});

test("pgAdmin is on the sidecar's network and, with a domain, on the proxy's, and without pgadminPort publishes nothing", () => {
    const pgadmin = one("Container", "pgadmin");
    expect(pgadmin.networksAdvanced).toEqual([{ name: "pg-sidecar-1a2b3c4", aliases: ["pgadmin"] }, { name: "coolify" }]);
    expect(pgadmin.ports).toBeUndefined();
});

test("pgAdmin's labels say its route and its owner, and none is Coolify's", () => {
    const labels = Object.fromEntries(one("Container", "pgadmin").labels.map(({ label, value }: any) => [label, value]));
    expect(labels).toMatchObject({
        "pg-sidecar.stack": "pg-sidecar/stage",
        "pg-sidecar.proxy-network": "id-of-coolify",
        "traefik.docker.network": "coolify",
        "traefik.http.routers.pg-sidecar-stage-pgadmin.rule": "Host(`pgadmin.stage.rahamafresh.com`)",
    });
    expect(Object.keys(labels).filter((label) => label.startsWith("coolify"))).toEqual([]);
});

test("no password is among the envs", () => {
    for (const name of ["pgbouncer", "pgadmin"]) expect(one("Container", name).envs.join("\n")).not.toContain("xxxx");
});

test("the pooler's settings come by a volume, once the role can log in, before the pooler starts", () => {
    const [reload] = reloads;
    expect(reloads).toHaveLength(1);
    expect(reload).toMatchObject({ owner: "pg-sidecar/stage", volume: "pgbouncer-files-1a2b3c4", image: "sha256:feed" });
    expect(reload!.files.userlist).toBe(`"pgbouncer" "${"x".repeat(48)}"\n`);
    const order = registered.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
    expect(order.indexOf("Stash pgbouncer-reload")).toBeGreaterThan(order.indexOf("Grant tracksolid_db.public-pgbouncer"));
    expect(order.indexOf("Container pgbouncer")).toBeGreaterThan(order.indexOf("Stash pgbouncer-reload"));
    expect(one("Container", "pgbouncer").volumes).toEqual([
        { volumeName: "pgbouncer-files-1a2b3c4", containerPath: "/etc/pg-sidecar/settings" },
    ]);
});

test("the state has the settings in force without the password, as the pooler's container has", () => {
    const { input } = one("Stash", "pgbouncer-reload");
    expect(input).toEqual({ ini: reloads[0]!.files.inis[0], inForce: settingsName(reloads[0]!.files) });
    expect(JSON.stringify([input, one("Container", "pgbouncer")])).not.toContain("xxxx");
});

test("PUBLIC loses the function before the role gets it", () => {
    const lookup = "tracksolid_db.public.user_lookup";
    expect(one("Grant", `${lookup}-public`)).toMatchObject({ role: "public", privileges: [], objects: ["user_lookup"] });
    expect(one("Grant", `${lookup}-pgbouncer`)).toMatchObject({ role: "pgbouncer", privileges: ["EXECUTE"] });
    const order = registered.filter(({ type }) => type.endsWith(":Grant")).map(({ name }) => name);
    expect(order.slice(0, 2)).toEqual([`${lookup}-public`, `${lookup}-pgbouncer`]);
});

test("the role has a CONNECT and a USAGE of its own, since PUBLIC's may be revoked", () => {
    expect(one("Grant", "tracksolid_db-pgbouncer")).toMatchObject({ role: "pgbouncer", objectType: "database", privileges: ["CONNECT"] });
    expect(one("Grant", "tracksolid_db.public-pgbouncer")).toMatchObject({
        role: "pgbouncer",
        objectType: "schema",
        privileges: ["USAGE"],
    });
});

test("the server gets the role's verifier, and never its password", () => {
    const { value: password } = one("Role", "lookup-pgbouncer").password as { value: string };
    expect(password).toMatch(/^SCRAM-SHA-256\$4096:/);
});

test("images stay on the host, by the digest that was set", () => {
    expect(one("RemoteImage", "pgbouncer")).toMatchObject({ keepLocally: true, name: expect.stringMatching(/@sha256:/) });
});

test("the outputs say where everything is; the password is a secret", async () => {
    expect(await value(outputs.pgadminUrl)).toBe("https://pgadmin.stage.rahamafresh.com");
    expect(await value(outputs.poolerAddress)).toBe("pgbouncer:6432");
    expect(outputs.backendBudget).toBe(36);
    expect(await value(outputs.pgbouncerIni)).toContain("pool_mode = transaction");
    expect(await pulumi.isSecret(outputs.pgadminPassword as pulumi.Output<string>)).toBe(true);
    expect(await pulumi.isSecret(outputs.pgbouncerIni as pulumi.Output<string>)).toBe(false);
});
