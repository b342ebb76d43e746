export interface LookupRoleArgs {
    /** The setting authUser. */
    authUser: string;
    /** How often the role's password was rotated. */
    rotation: number;
}

/** The two names of the lookup role, which rotations use in turn. */
export function lookupRoles(authUser: string): [string, string] {
    return [authUser, `${authUser}_2`];
}

/** The same two, from the name in use. */
export function lookupRolesOf({ authUser: inUse, rotation }: LookupRoleArgs): [string, string] {
    return lookupRoles(rotation % 2 === 0 ? inUse : inUse.slice(0, -"_2".length));
}

/** The name in use. A rotation creates the other role, with a password of its own, and drops this one once nothing uses it. */
export function lookupRole({ authUser, rotation }: LookupRoleArgs): string {
    return lookupRoles(authUser)[rotation % 2]!;
}
