import { HostFacts } from "../../../host/containers";
import { DatabaseFacts } from "../../../preflight/database";
import { judgeUse } from "../../../preflight/usage";
import { settingsOf } from "../fixture";
import { container, nothingOwned, owner, set } from "./fixture";

const settings = settingsOf();
const lookup = "tracksolid_db.public.user_lookup(text)";

describe("leftovers that a pooler elsewhere uses", () => {
    const on = (id: string, address: string, stack?: string) =>
        container({ id, name: id, networks: { abc: { aliases: [], addresses: [address] } }, ...(stack ? { owner: stack } : {}) });
    const host: HostFacts = { networks: [], containers: [on("own", "172.18.0.5", owner), on("theirs", "172.18.0.6")] };
    const facts = { sessions: [] } as unknown as DatabaseFacts;
    const marked = { ...facts, roleOwners: { pgbouncer: owner }, functionOwner: owner };
    const session = (address: string) => [{ role: "pgbouncer", address, count: 1 }];

    test("are refused with their addresses", () => {
        const [finding, ...others] = judgeUse({ ...marked, sessions: session("10.0.0.7") }, host, settings, nothingOwned);
        expect(others).toEqual([]);
        expect(finding).toMatchObject({ level: "error", fix: expect.stringContaining(`${set} authUser pgbouncer_stage`) });
        expect(finding!.what).toContain("role pgbouncer (of stack pg-sidecar/stage) has sessions, 1 from 10.0.0.7");
        expect(judgeUse({ ...marked, sessions: session("172.18.0.6") }, host, settings, nothingOwned)).toHaveLength(1);
    });

    test("are left to be removed if only this host's own containers use them, or nobody", () => {
        expect(judgeUse({ ...marked, sessions: session("172.18.0.5") }, host, settings, nothingOwned)).toEqual([]);
        expect(judgeUse(marked, host, settings, nothingOwned)).toEqual([]);
    });

    test("are none if the state has them, but another's may be in their place", () => {
        const owned = { ...nothingOwned, ids: ["pgbouncer"], roles: ["pgbouncer"], functions: [lookup] };
        expect(judgeUse({ ...marked, sessions: session("10.0.0.7") }, host, settings, owned)).toEqual([]);
        const moved = { ...marked, roleOwners: { pgbouncer: "pg-sidecar/prod" }, sessions: session("10.0.0.7") };
        expect(judgeUse(moved, host, settings, owned)).toMatchObject([{ level: "error" }]);
    });
});
