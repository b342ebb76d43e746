import { outgoingGrants } from "../../../preflight/lostgrants";
import { StackState } from "../../../preflight/state";
import { settingsOf } from "../fixture";

const grant = (database: string, schema?: string) => ({
    type: "postgresql:index/grant:Grant",
    urn: "",
    inputs: { database, ...(schema && { schema }) },
});
const state = (...resources: StackState["deployment"]["resources"] & object): StackState => ({ deployment: { resources } });

test("grants on what the settings name are not looked for, and each other place once", () => {
    const settings = settingsOf({ pgadminRole: "people", databases: ["app", "dwh"], pgadminRoleSchemas: ["marts", "dwh.facts"] });
    const kept = [grant("app"), grant("dwh"), grant("app", "public"), grant("app", "marts"), grant("dwh", "facts")];
    expect(outgoingGrants(state(...kept), settings)).toEqual([]);
    const gone = [grant("app", "old"), grant("app", "old"), grant("dwh", "marts"), grant("crm")];
    expect(outgoingGrants(state(...kept, ...gone), settings)).toEqual([
        { database: "app", schema: "old" },
        { database: "dwh", schema: "marts" },
        { database: "crm", schema: undefined },
    ]);
});
