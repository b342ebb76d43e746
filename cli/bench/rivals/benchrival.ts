import { setTimeout } from "timers/promises";
import { readLog } from "../../../host/containers";
import { exec } from "../../../host/exec";
import { identity } from "../../../lab/identity";
import { Target } from "../../verify/target";
import { createPooler, killContainer, startContainer } from "../containers";
import { Playground } from "../playground";
import { Model } from "../pooler";
import { Way } from "../way";
import { rivalsImage, rivalVersion } from "./image";
import { pgagroal } from "./pgagroal";
import { pgpool } from "./pgpool";
import { Rival, rivalFolder, RivalSettings } from "./rival";

/** The rivals that bench measures on the lab. */
export const rivals: Rival[] = [pgagroal, pgpool];

/** Seconds within which a rival has to answer a query. */
const startTimeout = 20;

/** The settings that make a rival equal to the stack's pooler, as far as it can be. */
export function equalSettings({ deployed }: Pick<Target, "deployed">, { ini }: Pick<Model, "ini">, ground: Playground): RivalSettings {
    return {
        host: ini.databaseHost,
        port: ini.databasePort,
        database: ground.database,
        role: ground.user,
        password: ground.password,
        backends: Math.min(ini.defaultPoolSize, ini.maxDbConnections),
        clients: ini.maxClientConn,
        wait: ini.queryWaitTimeout,
        listenPort: deployed.listenPort,
    };
}

interface RivalArgs {
    /** The pooler whose confinement and limits it gets. */
    model: Model;
    settings: RivalSettings;
    image: string;
}

/** A rival in a container that is confined and limited as the stack's pooler is, on the database's network. */
class BenchRival {
    private constructor(
        private readonly target: Target,
        readonly container: string,
        private readonly rival: Rival,
        private readonly settings: RivalSettings,
    ) {}

    /** Creates it with its files on a volume of its own. The role has to be there before it starts. */
    static async create(target: Target, rival: Rival, { model, settings, image }: RivalArgs): Promise<BenchRival> {
        const container = await createPooler(target, containerName(rival), {
            image,
            files: rival.files(settings),
            folder: rivalFolder,
            settings: { Cmd: rival.command(settings), HostConfig: model.inspected.HostConfig },
        });
        return new BenchRival(target, container, rival, settings);
    }

    /** It as a way to the database. */
    get way(): Way {
        const { rival, settings, container } = this;
        return {
            name: rival.name,
            is: rival.is,
            endpoint: { host: containerName(rival), port: settings.listenPort, sslmode: "disable" },
            container,
            start: () => this.start(),
            stop: () => this.stop(),
            cannot: (load) => rival.cannot(load, settings),
        };
    }

    /** Starts it, and waits until a query through it comes back. Ends it and throws what it said if none does. */
    async start(): Promise<void> {
        const { docker } = this.target;
        await startContainer(docker, this.container);
        const deadline = Date.now() + startTimeout * 1000;
        for (;;) {
            const refused = await this.refused();
            if (refused === undefined) return;
            if (Date.now() > deadline) {
                const log = await readLog(docker, this.container, 5);
                await this.stop().catch(() => undefined); // it may have ended by itself
                const said = [refused, log?.stdout, log?.stderr].map((text) => text?.trim()).filter(Boolean);
                throw new Error(`${this.rival.name} answers no query within ${startTimeout} s: ${said.join("; ")}`);
            }
            await setTimeout(200);
        }
    }

    /** Asks one query through it; returns undefined once it was answered, else what psql said. */
    private async refused(): Promise<string | undefined> {
        const { role, password, database, listenPort } = this.settings;
        const psql = ["psql", "-X", "-h", "127.0.0.1", "-p", String(listenPort), "-U", role, "-d", database, "-Atc", "SELECT 1"];
        const env = { PGPASSWORD: password, PGSSLMODE: "disable" };
        // pgagroal may leave a client unanswered that came while it opened its backends; the next one is answered.
        const asked = await exec(this.target.docker, this.container, ["timeout", "3", ...psql], { env }).catch(
            (cause: Error) => cause.message,
        );
        if (typeof asked === "string") return asked;
        return asked.stdout.trim() === "1" ? undefined : asked.stderr || `psql ended with ${asked.code}`;
    }

    /** Ends it; its backends end with it. */
    stop(): Promise<unknown> {
        return killContainer(this.target.docker, this.container);
    }
}

/** The rivals of these names as ways to the database. Their image is the lab's alone. */
export async function rivalWays(target: Target, model: Model, ground: Playground, names: readonly string[]): Promise<Way[]> {
    const wanted = rivals.filter(({ name }) => names.includes(name));
    if (wanted.length === 0) return [];
    const image = await identity()
        .then(rivalsImage)
        .catch((cause: Error) => console.error(`bench: without ${wanted.map(({ name }) => name).join(" and ")}: ${cause.message}`));
    if (!image) return [];
    const settings = equalSettings(target, model, ground);
    const ways: Way[] = [];
    for (const rival of wanted) {
        const { way } = await BenchRival.create(target, rival, { model, settings, image });
        ways.push({ ...way, is: `${rival.name} ${await rivalVersion(image, rival)}: ${rival.is}` });
    }
    return ways;
}

const containerName = ({ name }: Rival) => `sidecar-bench-${name}`;
