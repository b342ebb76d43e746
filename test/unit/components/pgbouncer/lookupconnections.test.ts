import { lookupPoolSize } from "../../../../components/pgbouncer/budget";
import { lookupConnections, lookupShares } from "../../../../components/pgbouncer/lookupconnections";

test("two poolers in a roll, what they have just replaced, and a proof beside them fit", () => {
    for (const processes of [1, 2, 64]) {
        const pooler = processes * lookupPoolSize;
        expect(lookupConnections(processes)).toBeGreaterThanOrEqual(4 * pooler + lookupPoolSize);
    }
});

test("each summand has its source", () => {
    expect(lookupShares(1).map(({ connections }) => connections)).toEqual([4, 4, 4, 2, 2, 1]);
    expect(lookupConnections(1)).toBe(17);
    expect(lookupConnections(3)).toBe(33);
    for (const { what } of lookupShares(1)) expect(what).not.toBe("");
});
