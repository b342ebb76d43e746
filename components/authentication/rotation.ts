export interface LookupRoleArgs {
    /** The setting authUser. */
    authUser: string;
    /** How often the role's password was rotated. */
    rotation: number;
}

/** The two names that the lookup role takes in turn. The lookup function answers both, so that neither pooler of a roll is without. */
export function lookupRoles(authUser: string): [string, string] {
    return [authUser, `${authUser}_2`];
}

/** The name in force: a rotation makes the other role, with a password of its own, and drops this one once nothing uses it. */
export function lookupRole({ authUser, rotation }: LookupRoleArgs): string {
    return lookupRoles(authUser)[rotation % 2]!;
}

/** What the resources of the role in force are called; either role has its own, so that one goes only when the pooler has rolled to the other. */
export function lookupTurn(name: string, { rotation }: Pick<LookupRoleArgs, "rotation">): string {
    return rotation % 2 === 0 ? name : `${name}-2`;
}
