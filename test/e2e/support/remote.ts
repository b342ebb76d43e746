import { ensureDatabase } from "../../../lab/database";
import { freePort } from "../../../lab/identity";
import { attempt, Ran, run } from "../../../lab/run";
import { changeConfig } from "./config";
import { removeConfig, setConfig, Sidecar } from "./stack";
import { Sshd } from "./sshd";

/** The lab's stack as one on a far host: its engine over ssh, its database with no port published, reached by the tunnel alone. */
export class Remote {
    private constructor(
        private readonly on: Sidecar,
        readonly sshd: Sshd,
        /** Where the tunnel begins. */
        readonly tunnelPort: number,
    ) {}

    static async begin(on: Sidecar): Promise<Remote> {
        const remote = new Remote(on, await Sshd.start(await freePort(2222)), await freePort(15432));
        await remote.redeploy(false);
        await setConfig(on, "docker:host", remote.sshd.dockerHost);
        remote.setSshOpts(remote.sshd.sshOpts());
        await setConfig(on, "postgresql:port", String(remote.tunnelPort));
        await removeConfig(on, "databaseNetwork"); // looked up, as Pulumi.stage.yaml has it
        return remote;
    }

    /** Sets everything back; the next `up` deploys it. */
    async end(): Promise<void> {
        await setConfig(this.on, "docker:host", this.on.env.DOCKER_HOST!);
        await removeConfig(this.on, "docker:sshOpts");
        await setConfig(this.on, "postgresql:port", String(this.on.lab.databasePort));
        await setConfig(this.on, "databaseNetwork", this.on.lab.id);
        await this.redeploy(true);
        await this.sshd.stop();
    }

    /** Runs a command as a person at their laptop does, with the tunnel open. */
    tunnelled(...command: string[]): Promise<Ran> {
        return attempt("./sidecar", ["tunnel", ...command], { env: this.on.env, log: "tunnel" });
    }

    /** Runs Pulumi's CLI so, which has to succeed. */
    async pulumi(...args: string[]): Promise<string> {
        const ran = await this.tunnelled("pulumi", ...args, "--color", "never");
        if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr);
        return ran.stdout;
    }

    /** In the file: the CLI sets one option of the list a call. */
    setSshOpts(options: string[]): void {
        changeConfig(this.on.env, (config) => (config["docker:sshOpts"] = options));
    }

    /** Recreates the database's container, with its port on the host's loopback or without; its volume stays. */
    private async redeploy(published: boolean): Promise<void> {
        await run("docker", ["rm", "-f", this.on.lab.databaseContainer]);
        await ensureDatabase(this.on.lab, { published });
    }
}
