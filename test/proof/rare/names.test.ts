import { changeNames, InDatabase } from "../../e2e/support/names";
import { useStack } from "../../e2e/support/stack";

const on = useStack("rare-names");

test.each<[Record<string, string>, boolean, InDatabase]>([
    [
        { authUser: "pooler2" },
        true,
        { functions: [{ name: "user_lookup", acl: "{postgres=X/postgres,pooler2=X/postgres}" }], roles: ["pooler2"] },
    ],
    [
        { authFunction: "public.other_lookup" },
        true,
        { functions: [{ name: "other_lookup", acl: "{postgres=X/postgres,pgbouncer=X/postgres}" }], roles: ["pgbouncer"] },
    ],
])("with %j the stack comes up, and back again; no login fails meanwhile: %s", (...names) => changeNames(on, ...names));
