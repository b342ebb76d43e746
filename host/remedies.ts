import { loopbackHosts } from "../settings/databaseserver";
import { shellWord } from "../findings/quoting";
import { Settings } from "../settings/settings";
import { dockerCommand } from "./engine";

/** What precedes a command that connects to the database from here: `./sidecar tunnel`, if that needs the ssh host; else nothing. */
export function viaTunnel({ docker, databaseServer, stack: own }: Settings, stack = own): string {
    return docker.host.startsWith("ssh:") && loopbackHosts.includes(databaseServer.host) ? `./sidecar tunnel --stack ${stack} -- ` : "";
}

/** How a person runs `pulumi up` from here on the stack, as the CLI names it. */
export function upCommand(settings: Settings, stack = settings.stack): string {
    return `${viaTunnel(settings, stack)}pulumi up --stack ${stack}`;
}

/** How a person runs one of our own commands: each opens the tunnel by itself if the stack needs it. */
export function ownCommand({ stack }: Pick<Settings, "stack">, name: "rotate" | "adopt"): string {
    return `./sidecar ${name} --stack ${stack}`;
}

/** How a person runs psql on a database from here, as the provider's user and with its TLS; psql asks for the password. */
export function psqlCommand(settings: Settings, database: string, statements: string[] = [], stack = settings.stack): string {
    const { host, port, username, sslmode, sslRootCert, clientCert } = settings.databaseServer;
    const via = viaTunnel(settings, stack);
    const files = {
        ...(sslRootCert ? { PGSSLMODE: sslmode, PGSSLROOTCERT: sslRootCert } : {}),
        ...(clientCert && !clientCert.inline ? { PGSSLCERT: clientCert.cert, PGSSLKEY: clientCert.key } : {}),
    };
    const words = [
        ...Object.entries(files).map(([key, value]) => `${key}=${shellWord(value)}`),
        ...[`${via}psql`, "-h", shellWord(bareHost(host)), "-p", String(port), "-U", shellWord(username), "-d", shellWord(database)],
        ...statements.flatMap((sql) => ["-c", shellWord(sql)]),
    ];
    return words.join(" ");
}

/** How a person runs a shell's script in the database's container; if its name is not known, the person puts it in. */
export function inDatabaseContainer({ docker }: Pick<Settings, "docker">, container: string | undefined, script: string): string {
    return `${dockerCommand(docker)} exec ${shellWord(container ?? "DATABASE-CONTAINER")} sh -c ${shellWord(script)}`;
}

/** A host without the brackets that the provider needs around an IPv6 address. */
export const bareHost = (host: string) => host.replace(/^\[(.*)\]$/, "$1");
