import { lookupOwner } from "../../components/authentication/lookup";
import { sqlName, sqlQualified } from "../../findings/quoting";
import { ownCommand } from "../../host/remedies";
import { Target } from "./target";

/** The commands that fix what is wrong with the function. Each was tried. */
export function remedies({
    stack,
    owner,
    psqlCommand,
    upCommand: up,
    superuser,
    deployed: { authFunction, authUser, databases },
}: Pick<Target, "stack" | "owner" | "psqlCommand" | "upCommand" | "superuser" | "deployed">) {
    return {
        role: `${up} --refresh`,
        // With postgresql:superuser false, the provider reads no passwords, so it would not see the change.
        password: superuser ? `${up} --refresh` : ownCommand({ stack }, "rotate"),
        leave: (role: string) => psqlCommand(databases[0]!, `REVOKE ${sqlName(role)} FROM ${sqlName(authUser)}`),
        /** `table` as SQL takes it. */
        unread: (database: string, table: string) => psqlCommand(database, `REVOKE ALL ON ${table} FROM ${sqlName(authUser)}`),
        // The grants too: the provider takes those of the new function for unchanged.
        gone: `${up} --refresh --replace '**Grant::**'`,
        /** A function without the stack's mark in its body is somebody else's: an `up` does not touch it. */
        body: (body: string | null) =>
            body !== null && lookupOwner(body) === owner
                ? `${up} --refresh`
                : `${psqlCommand(databases[0]!, `DROP FUNCTION ${sqlQualified(authFunction)}(text)`)} && ${up} --refresh --replace '**Grant::**'`,
        // The provider does not see a grant to PUBLIC that was made by hand.
        executor: (name: string) =>
            name === "PUBLIC"
                ? `${up} --replace '**-public'`
                : psqlCommand(databases[0]!, `REVOKE EXECUTE ON FUNCTION ${sqlQualified(authFunction)}(text) FROM ${sqlName(name)}`),
    };
}

export type Remedies = ReturnType<typeof remedies>;
