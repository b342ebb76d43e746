import { shown } from "../findings/quoting";
import { DatabaseServer } from "./databaseserver";
import { Mistakes } from "./mistakes";
import { OwnSettings, plainName } from "./schema";

/**
 * The users of the admin console: those that are set, or else the login of the postgresql provider. If superusers can't log in
 * through the pool, and people have a role of their own, nobody needs it: the commands use the socket in the container.
 */
export function adminUsersOf(own: OwnSettings, { username }: DatabaseServer, mistakes: Mistakes): string[] {
    const { adminUsers, poolSuperusers, pgadminRole } = own;
    if (adminUsers.length > 0) return adminUsers;
    if (!poolSuperusers && pgadminRole !== "") return [];
    if (!plainName.safeParse(username).success) {
        mistakes.add(
            "adminUsers",
            `is postgresql:username by default, and ${shown(username)} is not a plain name`,
            mistakes.set("--path 'adminUsers[0]'", "NAME"),
        );
    }
    return [username];
}
