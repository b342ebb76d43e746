import { HostFacts } from "../../../host/containers";
import { DatabaseFacts } from "../../../preflight/database";
import { findLeftovers, findMissing, judgeState } from "../../../preflight/leftovers";
import { ownedResources } from "../../../preflight/state";
import { settingsOf } from "../fixture";
import { container, owner } from "./fixture";

const settings = settingsOf({ databaseNetwork: "coolify-net" });

describe("what an interrupted run left behind", () => {
    const state = (...resources: { type: string; id: string; urn?: string }[]) => ({
        deployment: { resources: resources.map((one) => ({ urn: "", ...one })) },
    });
    const database = { roleOwners: { pgbouncer: owner }, functionOwner: owner } as unknown as DatabaseFacts;
    const of = (id: string, stack?: string) => container({ id, name: id, ...(stack ? { owner: stack } : {}) });
    const host: HostFacts = {
        networks: [
            { id: "n1", name: "coolify-net" },
            { id: "n2", name: "pg-sidecar-1", owner },
        ],
        containers: [of("c1", owner), of("c2", owner), of("c3", "pg-sidecar/copy"), { ...of("c4"), volumes: ["pgadmin-secrets-5e6f"] }],
    };

    const volumes = ["pgbouncer-files-1a2b", "pgadmin-secrets-3c4d", "pgadmin-secrets-5e6f", "pgadmin-data"].map((name) => ({ id: name, name, owner })); // prettier-ignore

    test("is what has the stack's mark and is not in its state", () => {
        const recorded = state(
            { type: "docker:index/container:Container", id: "c1" },
            { type: "docker:index/network:Network", id: "n2" },
            { type: "docker:index/volume:Volume", id: "pgbouncer-files-1a2b" },
        );
        expect(findLeftovers(settings, ownedResources(recorded, owner), { database, host, volumes })).toEqual({
            roles: ["pgbouncer"],
            lookupFunction: true,
            containers: ["c2"],
            networks: [],
            volumes: ["pgadmin-secrets-3c4d"],
        });
    });

    test("and what the state lists, but is gone from the host or stopped, is missing", () => {
        const urn = (name: string) => `urn:pulumi:stage::pg-sidecar::x::${name}`;
        const recorded = state(
            { type: "docker:index/container:Container", id: "c1", urn: urn("pgbouncer") },
            { type: "docker:index/container:Container", id: "gone", urn: urn("pgadmin") },
            { type: "docker:index/network:Network", id: "pruned", urn: urn("pg-sidecar") },
            { type: "docker:index/remoteImage:RemoteImage", id: "i", urn: urn("pgadmin") },
        );
        expect(findMissing(recorded, host)).toEqual(["container pgadmin (gone)", "network pg-sidecar (pruned)"]);
        const stopped = { ...host, containers: host.containers.map((one) => ({ ...one, running: false })) };
        expect(findMissing(recorded, stopped)[0]).toBe("container pgbouncer (c1)");
        expect(judgeState(recorded, ownedResources(recorded, owner), host, settings)).toEqual([
            {
                level: "warning",
                what: expect.stringMatching(/^container pgadmin \(gone\), network pg-sidecar \(pruned\): missing or stopped on unix:/),
                fix: "pulumi up --stack stage --refresh",
            },
        ]);
    });

    test("does not include a sidecar that shares nothing with the state: that is another backend's", () => {
        const judgeOn = (facts: HostFacts, stack: string, ...resources: Parameters<typeof state>) =>
            judgeState(state(...resources), ownedResources(state(...resources), stack), facts, settings);
        const judge = (...resources: Parameters<typeof state>) => judgeOn(host, owner, ...resources);
        expect(judge()).toMatchObject([{ level: "error" }]);
        expect(judge()[0]!.what).toContain("already has a sidecar of a stack pg-sidecar/stage");
        expect(judge()[0]!.fix).toMatch(/ docker rm -f c1 c2$/);
        const pooler = { type: "docker:index/container:Container", urn: "urn:pulumi:stage::pg-sidecar::x::pgbouncer" };
        // A stack that moved here from another host has a state, but of that host.
        expect(judge({ ...pooler, id: "elsewhere" })).toMatchObject([{ level: "error" }]);
        expect(judge({ ...pooler, id: "c1" })).toEqual([]);
        expect(judge({ type: "docker:index/network:Network", id: "n2" })).toEqual([]);
        const stopped = host.containers.map((one) => ({ ...one, running: false }));
        expect(judgeOn({ ...host, containers: stopped }, owner)).toMatchObject([{ level: "error" }]);
        expect(judgeOn(host, "pg-sidecar/new")).toEqual([]);
    });

    test("includes nothing of another stack, and nothing that the state lists", () => {
        const recorded = state(
            ...["c1", "c2"].map((id) => ({ type: "docker:index/container:Container", id })),
            { type: "docker:index/network:Network", id: "n2" },
            ...["pgbouncer-files-1a2b", "pgadmin-secrets-3c4d"].map((id) => ({ type: "docker:index/volume:Volume", id })),
            { type: "postgresql:index/role:Role", id: "pgbouncer" },
            { type: "postgresql:index/function:Function", id: "tracksolid_db.public.user_lookup(text)" },
        );
        const nothing = { roles: [], lookupFunction: false, containers: [], networks: [], volumes: [] };
        expect(findLeftovers(settings, ownedResources(recorded, owner), { database, host, volumes })).toEqual(nothing);
        expect(findLeftovers(settings, ownedResources(state(), "pg-sidecar/other"), { database, host, volumes })).toEqual(nothing);
    });
});
