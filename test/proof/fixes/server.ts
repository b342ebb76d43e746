import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { attempt, run, until } from "../../../lab/run";
import { Sidecar } from "../../e2e/support/stack";

/** A PostgreSQL of a test's own on the database's network, with a pg_hba.conf and certificates of its own. */
export class Server {
    private constructor(
        readonly name: string,
        readonly address: string,
        readonly password: string,
    ) {}

    /** Starts one under a name that no other container has; `command` takes the place of the image's. */
    static async start(
        { lab, images }: Sidecar,
        label: string,
        options: { settings?: string[]; standbyOf?: Server; cold?: boolean } = {},
    ): Promise<Server> {
        const name = `${label}-${lab.id}`;
        const { settings = [], standbyOf } = options;
        const copy = standbyOf && [
            ...["--user", "postgres", "-e", `PGPASSWORD=${standbyOf.password}`, "--entrypoint", "sh", images.timescaledb, "-c"],
            `cd /tmp && pg_basebackup -h ${standbyOf.address} -U postgres -D /tmp/data -R && exec postgres -D /tmp/data ${options.cold ? "-c hot_standby=off" : ""}`,
        ];
        await attempt("docker", ["rm", "-f", "-v", name]);
        await run("docker", [
            ...["run", "-d", "--name", name, "--network", lab.id, "--network-alias", name],
            ...(copy ?? [
                ...["-e", `POSTGRES_PASSWORD=${lab.databasePassword}`, "-e", "POSTGRES_DB=tracksolid_db", images.timescaledb, "postgres"],
                ...settings.flatMap((one) => ["-c", one]),
            ]),
        ]);
        const address = (
            await run("docker", ["inspect", "-f", `{{(index .NetworkSettings.Networks "${lab.id}").IPAddress}}`, name])
        ).trim();
        const server = new Server(name, address, lab.databasePassword);
        await until(name, 60, async () => {
            const { code } = await attempt("docker", ["exec", name, "pg_isready", "-q", "-h", "127.0.0.1"]);
            return code === (options.cold ? 1 : 0) || undefined; // 1: it answers, and refuses
        });
        return server;
    }

    async remove(): Promise<void> {
        await attempt("docker", ["rm", "-f", "-v", this.name]);
    }

    /** Runs SQL on its socket, where it trusts whoever comes. */
    sql(text: string, database = "postgres", user = "postgres"): Promise<string> {
        return run("docker", ["exec", this.name, "psql", "-U", user, "-d", database, "-qAtXc", text]);
    }

    /** Puts these lines in the place of all that pg_hba.conf says of other machines; none is what the image has. */
    async hba(...lines: string[]): Promise<void> {
        const all = [
            "local all all trust",
            "host all all 127.0.0.1/32 scram-sha-256",
            ...(lines.length > 0 ? lines : ["host all all all scram-sha-256"]),
        ];
        await run("docker", ["exec", "-i", this.name, "sh", "-c", 'cat > "$PGDATA/pg_hba.conf" && kill -HUP 1'], {
            input: all.join("\n") + "\n",
        });
        await new Promise((resolve) => setTimeout(resolve, 300));
    }

    /** Serves TLS with this certificate; without one, none. */
    async tls(pair?: Pair, ca?: Pair): Promise<void> {
        if (pair) {
            const put = (file: string, name: string) =>
                run("docker", ["exec", "-i", "-u", "postgres", this.name, "sh", "-c", `umask 077 && cat > "$PGDATA/${name}"`], {
                    input: fs.readFileSync(file, "utf8"),
                });
            await put(pair.cert, "server.crt");
            await put(pair.key, "server.key");
            if (ca) {
                await put(ca.cert, "root.crt");
                await this.sql("ALTER SYSTEM SET ssl_ca_file = 'root.crt'");
            }
        }
        await this.sql(`ALTER SYSTEM SET ssl = ${pair ? "on" : "off"}`);
        await this.sql("SELECT pg_reload_conf()");
        await until("TLS", 10, async () => (await this.sql("SHOW ssl")).trim() === (pair ? "on" : "off"));
    }
}

/** Files of a certificate and its key. */
export interface Pair {
    cert: string;
    key: string;
}

/** A CA of a test's own. */
export class Ca {
    readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-ca-"));
    readonly own: Pair = this.files("ca");

    async make(): Promise<this> {
        await this.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=A CA", ...this.out(this.own));
        return this;
    }

    /** A certificate that signs itself. */
    async selfSigned(name: string): Promise<Pair> {
        const pair = this.files(`self-${name}`);
        const alternative = ["-addext", `subjectAltName=DNS:${name}`];
        await this.openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "10",
            "-subj",
            `/CN=${name}`,
            ...alternative,
            ...this.out(pair),
        );
        return pair;
    }

    /** One that the CA signs; `days` under 0 is one that has expired. */
    async signed(name: string, days = 10): Promise<Pair> {
        const pair = this.files(name + days);
        const request = path.join(this.folder, "request");
        await this.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", pair.key, "-out", request);
        const extensions = path.join(this.folder, "extensions");
        fs.writeFileSync(extensions, `subjectAltName=DNS:${name}\n`);
        await this.openssl(
            ...["x509", "-req", "-in", request, "-CA", this.own.cert, "-CAkey", this.own.key, "-CAcreateserial", "-out", pair.cert],
            ...["-extfile", extensions, "-days", String(days)],
        );
        return pair;
    }

    remove(): void {
        fs.rmSync(this.folder, { recursive: true });
    }

    private files(name: string): Pair {
        return { cert: path.join(this.folder, `${name}.crt`), key: path.join(this.folder, `${name}.key`) };
    }

    private out({ cert, key }: Pair): string[] {
        return ["-out", cert, "-keyout", key];
    }

    private openssl(...args: string[]): Promise<string> {
        return run("openssl", args);
    }
}
