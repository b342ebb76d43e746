import { hidden } from "../../../../cli/verify/headroom";

test.each<[string, (string | null)[], boolean]>([
    ["come from the pooler's own address", ["10.0.0.9", "172.18.0.5"], false],
    ["come from an address that a router gave them", ["10.0.0.9"], true],
    ["show no address to this login", [null], true],
    ["are not there at all", [], false],
])("the pooler is hidden only if the lookup's sessions are there, but not at its address: they %s", (_, seen, is) => {
    expect(hidden(seen, ["172.18.0.5", "fd00::5"])).toBe(is);
});
