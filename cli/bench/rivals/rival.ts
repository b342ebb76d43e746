import { ContainerFile } from "../../../host/files";

/** Folder of a rival's files in its container. */
export const rivalFolder = "/etc/rival";

/** What a rival is to do: the same as the stack's pooler. */
export interface RivalSettings {
    /** The database's name on its Docker network. */
    host: string;
    port: number;
    database: string;
    /** Who logs in to the rival, and the rival to the database. */
    role: string;
    /** Letters and digits. */
    password: string;
    /** Backends at most. */
    backends: number;
    /** Clients at most that are connected or wait to be. */
    clients: number;
    /** Seconds that a client waits for a backend, where the rival has a limit. */
    wait: number;
    /** Port that the rival listens on. */
    listenPort: number;
}

/** What one measurement asks of a pooler. */
export interface Asked {
    /** As pgbench calls them: simple, extended or prepared. */
    protocol: string;
    clients: number;
}

/** Another pooler from Debian, with the settings of the stack's as far as it has them. */
export interface Rival {
    /** Name of the package, and of the way to the database. */
    name: string;
    /** What it is, for a table's legend, after its name and version. */
    is: string;
    /** Its program. */
    program: string;
    /** Its files, below `rivalFolder`. Throws if a value could break out of its line. */
    files(settings: RivalSettings): ContainerFile[];
    /** What runs in its container. */
    command(settings: RivalSettings): string[];
    /** Why it can't do what is asked, or undefined. */
    cannot(asked: Asked, settings: Pick<RivalSettings, "backends">): string | undefined;
}

/** Returns the settings, or throws if a text could break out of its line or its quotes in a rival's files. */
export function checked(settings: RivalSettings): RivalSettings {
    for (const key of ["host", "database", "role", "password"] as const) {
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(settings[key])) {
            // Not the value: it may be the password.
            throw new Error(`${key} can't be written into a rival's files; use letters, digits, '.', '_' and '-' only`);
        }
    }
    return settings;
}

/** Lines of `key = value`. */
export const keyLines = (values: Record<string, string | number>): string =>
    Object.entries(values)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join("");
