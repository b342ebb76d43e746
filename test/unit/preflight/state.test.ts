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
