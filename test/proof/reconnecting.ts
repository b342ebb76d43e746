import { Clients } from "../e2e/support/clients";

/** Where a container of `Clients` has the scripts of test/proof/rolls/clients. */
export const inContainer = "/repo/test/proof/rolls/clients";

/** What a client reports: of connections, or of queries in held sessions. */
export interface Seen {
    ok: number;
    failed: number;
    /** Milliseconds of the longest connection. */
    longest?: number;
    /** The first errors. */
    said: string[];
}

/** One way to connect: how it reconnects, and how it holds sessions. */
export interface Kind {
    name: string;
    image: (images: Images) => string;
    reconnect: string[];
    hold?: string[];
    env?: Record<string, string>;
    /** Measured, but not judged: it can't do better. */
    unjudged?: true;
}

/** Images that clients run in. */
export interface Images {
    psql: string;
    node: string;
    /** With psycopg and JDBC; empty if no kind needs it. */
    clients: string;
}

/** Runs a script in TypeScript, by its path in the container. */
export const nodeCommand = (file: string) => ["node", "-r", "/repo/node_modules/ts-node/register/transpile-only", file];

const node = (file: string) => nodeCommand(`${inContainer}/${file}`);

export const psqlKind: Kind = {
    name: "psql (libpq)",
    image: ({ psql }) => psql,
    reconnect: ["/bin/sh", `${inContainer}/reconnect.sh`],
    hold: ["/bin/sh", `${inContainer}/hold.sh`],
};
export const nodeKind: Kind = { name: "node's pg", image: (images) => images.node, reconnect: node("reconnect.ts"), hold: node("hold.ts") };

export const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

/** Resolves after these seconds. */
export const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Clients that reconnect without a pause, while something is done. */
export class Reconnecting {
    private readonly names: string[] = [];

    private constructor(private readonly clients: Clients) {}

    static async start(clients: Clients, images: Images, wanted: Kind[]): Promise<Reconnecting> {
        const started = new Reconnecting(clients);
        for (const kind of wanted) started.names.push(await clients.start(kind.image(images), kind.reconnect, kind.env ?? {}));
        return started;
    }

    /** Connections until now of the first `number` clients, in hundreds. */
    async connections(number: number): Promise<number> {
        const said = await Promise.all(this.names.slice(0, number).map((name) => this.clients.said(name)));
        return sum(said.map((text) => Number(text.trim().split("\n").at(-1)) || 0));
    }

    /** Ends them; returns what each saw. */
    async finish(): Promise<Seen[]> {
        await pause(3);
        const seen: Seen[] = [];
        for (const name of this.names) seen.push(await this.clients.finish<Seen>(name));
        return seen;
    }
}
