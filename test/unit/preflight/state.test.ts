import { ownedResources } from "../../../preflight/state";
import { nothingOwned, owner } from "./fixture";

test("a state lists ids and previous names", () => {
    const labels = [{ label: "pg-sidecar.stack", value: "pg-sidecar/former" }];
    const role = { type: "postgresql:index/role:Role", urn: "", id: "pgbouncer" };
    const network = { type: "docker:index/network:Network", urn: "", id: "n", inputs: { labels } };
    expect(ownedResources({ deployment: { resources: [network, role] } }, owner)).toEqual({
        ...nothingOwned,
        previousNames: ["pg-sidecar/former"],
        ids: ["n", "pgbouncer"],
        roles: ["pgbouncer"],
    });
});

test("a state lists what its serving pooler was made of", () => {
    const pooler = (label: string, more = {}) => ({
        type: "docker:index/container:Container",
        urn: "urn:pulumi:stage::pg-sidecar::sidecar:index:Pgbouncer$docker:index/container:Container::pgbouncer",
        id: "c",
        inputs: { labels: [{ label, value: "feed" }], networksAdvanced: [{ name: "coolify-net" }] },
        ...more,
    });
    const listed = (...resources: ReturnType<typeof pooler>[]) => ownedResources({ deployment: { resources } }, owner).pooler;
    expect(listed()).toBeUndefined();
    expect(listed(pooler("pg-sidecar.pooler", { delete: true }))).toBeUndefined();
    expect(listed(pooler("pg-sidecar.pooler"))).toEqual({
        key: "feed",
        networks: ["coolify-net"],
        owner: "",
        startInterval: false,
        openFiles: Infinity,
    });
    const inputs = (startInterval?: string) => ({
        inputs: { labels: [{ label: "pg-sidecar.stack", value: owner }], networksAdvanced: [], healthcheck: { startInterval } },
    });
    expect(listed(pooler("", inputs("1s")))).toEqual({ key: "", networks: [], owner, startInterval: true, openFiles: Infinity });
    const ulimits = [{ name: "nofile", soft: 1024, hard: 2048 }];
    expect(listed(pooler("", { inputs: { ...inputs().inputs, ulimits } }))).toMatchObject({ openFiles: 2048 });
    // What the provider fills in where the program gives none, as on an engine that knows none.
    expect(listed(pooler("", inputs("0s")))).toMatchObject({ startInterval: false });
    expect(listed(pooler("older"))).toMatchObject({ key: "" });
});

test("an import has the previous name in the mark that the state recorded", () => {
    const role = {
        type: "postgresql:index/role:Role",
        urn: "",
        id: "pgbouncer",
        inputs: { searchPaths: ["pg_catalog", "pg_temp", "pg-sidecar/prod"] },
    };
    const lookup = {
        type: "postgresql:index/function:Function",
        urn: "",
        id: "f",
        inputs: { body: "-- Made by stack pg-sidecar/prod.\n" },
    };
    expect(ownedResources({ deployment: { resources: [role, lookup] } }, owner).previousNames).toEqual([
        "pg-sidecar/prod",
        "pg-sidecar/prod",
    ]);
});
