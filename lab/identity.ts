import { randomBytes } from "crypto";
import * as fs from "fs";
import * as net from "net";
import { writeWhole } from "./files";
import { inLab } from "./paths";

/** What the lab's own parts are called and where they listen, chosen once. Loopback only, and made up. */
export interface Identity {
    /** Opaque, as Coolify's: it is the network's name, and part of the database container's. */
    id: string;
    databaseContainer: string;
    databasePort: number;
    databasePassword: string;
    registryPort: number;
    pgadminPort: number;
    passphrase: string;
}

const file = inLab("lab.json");

/** Reads the lab's identity; the first time, makes it up and keeps it. */
export async function identity(): Promise<Identity> {
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, "utf8")) as Identity;
    const id = "x" + randomBytes(11).toString("hex");
    const made: Identity = {
        id,
        databaseContainer: `timescale_db-${id}-${Math.floor(Date.now() / 1000)}`,
        databasePort: await freePort(5433),
        databasePassword: randomBytes(12).toString("hex"),
        registryPort: await freePort(5000),
        pgadminPort: await freePort(5050),
        passphrase: randomBytes(12).toString("hex"),
    };
    writeWhole(file, JSON.stringify(made, undefined, 4) + "\n", 0o600);
    return made;
}

/** The port wanted, or the next that nobody listens on. */
export async function freePort(wanted: number): Promise<number> {
    const free = await new Promise<boolean>((resolve) => {
        const server = net.createServer();
        server.once("error", () => resolve(false));
        server.listen(wanted, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    return free ? wanted : freePort(wanted + 1);
}
