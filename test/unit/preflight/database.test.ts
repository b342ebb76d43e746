import { roleOwner } from "../../../preflight/database";
import { owner } from "./fixture";

test.each([
    [['search_path=pg_catalog, pg_temp, "pg-sidecar/stage"'], owner],
    [["statement_timeout=5s", "search_path=pg_catalog, pg_temp, pg-sidecar/stage"], owner],
    [["search_path=pg_catalog, public"], ""],
    [[], ""],
])("the mark on a role with %j is %j", (config, marked) => {
    expect(roleOwner(config)).toBe(marked);
});
