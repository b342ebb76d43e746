import { facts } from "./console";

test("the pooler's console is read", () => {
    expect(facts.version).toBe("1.24.1");
    expect(facts.pools).toHaveLength(2);
    expect(facts.config.pool_mode).toBe("transaction");
    expect(facts.lists).toEqual({ used_clients: 12, login_clients: 1 });
});
