import { z } from "zod";
import { copied, shellWord, shown } from "../findings/quoting";
import { Mistakes } from "./mistakes";
import { provided, ProviderKey, RawConfig } from "./raw";
import { list } from "./schema";

/** The Docker host if none is set, for the provider as well as for the docker CLI. */
export const defaultHost = "unix:///var/run/docker.sock";

export interface DockerHost {
    /** `unix:///…`, `tcp://…` or `ssh://user@host[:port]`. */
    host: string;
    /** Arguments of the ssh client, as in `docker:sshOpts`. */
    sshOpts: string[];
    /** For TCP under TLS: the folder of ca.pem, cert.pem and key.pem, or the contents of the three. */
    tls?: { certPath: string } | Record<"ca" | "cert" | "key", string>;
}

/** The keys of the docker provider that the program reads too. */
export const dockerKeys = {
    host: {
        variable: "DOCKER_HOST",
        default: defaultHost,
        description: "The Docker engine: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST. An ssh login uses a key, never a password.",
    },
    sshOpts: {
        description:
            "Arguments of the ssh client, as a list. The default in Pulumi.yaml shares one connection, never prompts and accepts known hosts only.",
    },
    certPath: {
        variable: "DOCKER_CERT_PATH",
        description: "Folder of ca.pem, cert.pem and key.pem, for tcp:// under TLS.",
    },
    caMaterial: { variable: "DOCKER_CA_MATERIAL", description: "Contents of ca.pem. Set all three contents, or docker:certPath." },
    certMaterial: { variable: "DOCKER_CERT_MATERIAL", description: "Contents of cert.pem." },
    keyMaterial: { variable: "DOCKER_KEY_MATERIAL", description: "Contents of key.pem, as a secret." },
    context: { variable: "DOCKER_CONTEXT", description: "Not supported: leave it empty and set docker:host." },
} satisfies Record<string, ProviderKey>;

type DockerKey = keyof typeof dockerKeys;

/** Reads how the provider would reach the Docker engine, and reports what it or the program would refuse. */
export function readDocker(raw: RawConfig, mistakes: Mistakes): DockerHost {
    const host = readHost(raw, mistakes);
    const sshOpts = readSshOpts(raw, mistakes);
    refuseContext(raw, mistakes, host);
    const tls = readTls(raw, mistakes, host);
    return { host, sshOpts, ...(tls ? { tls } : {}) };
}

const read = (raw: RawConfig, key: DockerKey) => provided(raw, `docker:${key}`, dockerKeys[key]);

/** The commands that remove everything that is set of these keys. */
function clear(raw: RawConfig, mistakes: Mistakes, keys: DockerKey[]): string {
    return keys
        .flatMap((key) => {
            const { variable }: ProviderKey = dockerKeys[key];
            return [
                ...(raw.values[`docker:${key}`] ? [mistakes.remove(`docker:${key}`)] : []),
                ...(variable && raw.env[variable] ? [`unset ${variable}`] : []),
            ];
        })
        .join("; ");
}

/** A host's name or address in a URL, and a user's name: neither is taken for an option of ssh, or for more than one word by a shell. */
const plainHost = /^(\[[0-9a-f:.]+\]|[A-Za-z0-9]([\w.-]{0,252}))$/i;
const plainUser = /^(\w[\w.@+-]{0,252})?$/;

const unquoted = (text: string) => shown(text).slice(1, -1);

/** Whether the docker CLI, ssh and this program take it for the same host. */
function isPlain(host: string): boolean {
    if (!/^(unix:\/\/\/|(tcp|http|ssh):\/\/[^/])/.test(host) || !URL.canParse(host) || /[^\x21-\x7e]/.test(host)) return false;
    const { hostname, username, pathname } = new URL(host);
    if (/%(?![0-9a-f]{2})|%[89a-f]/i.test(username)) return false; // not decoded as ASCII
    return (
        host.startsWith("unix:") ||
        (plainHost.test(hostname) && plainUser.test(decodeURIComponent(username)) && /^[\w./-]*$/.test(pathname))
    );
}

function readHost(raw: RawConfig, mistakes: Mistakes): string {
    const host = read(raw, "host");
    const set = (value: string) => mistakes.set("docker:host", shellWord(value));
    if (!isPlain(host)) {
        const seen = shown(host.replace(/:[^:@/]*@/, ":(hidden)@"));
        mistakes.add("docker:host", `is ${seen}: it must be unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST`, set("ssh://USER@HOST"));
        return host;
    }
    const url = new URL(host);
    if (url.password === "" && url.search === "" && url.hash === "") return host;
    const what =
        url.password !== ""
            ? "has a password, which ssh accepts only from a person"
            : `has more than a host: ${unquoted(url.search + url.hash)}`;
    for (const part of ["password", "search", "hash"] as const) url[part] = "";
    mistakes.add("docker:host", what, `${set(url.href)}   (with a key for it: ssh-copy-id, and ssh-add or ~/.ssh/config)`);
    return host;
}

function readSshOpts(raw: RawConfig, mistakes: Mistakes): string[] {
    const text = raw.values["docker:sshOpts"];
    const { data } = list(z.array(z.string())).safeParse(text ?? "[]");
    if (!data) {
        mistakes.add(
            "docker:sshOpts",
            `is ${shown(text ?? "")}: it must be a list of ssh's arguments`,
            `${mistakes.remove("docker:sshOpts")}   (Pulumi.yaml has a list; options for one host go into ~/.ssh/config)`,
        );
    }
    return data ?? [];
}

function refuseContext(raw: RawConfig, mistakes: Mistakes, host: string): void {
    const context = read(raw, "context");
    if (context === "") return;
    mistakes.add(
        "docker:context",
        `is ${shown(context)}: the provider would use that context's engine, while everything else uses docker:host (${unquoted(host)})`,
        `${clear(raw, mistakes, ["context"])}; ` +
            mistakes.set("docker:host", `$(docker context inspect ${copied(context, "CONTEXT")} -f '{{.Endpoints.docker.Host}}')`),
    );
}

function readTls(raw: RawConfig, mistakes: Mistakes, host: string): DockerHost["tls"] {
    const certPath = read(raw, "certPath");
    const materials: DockerKey[] = ["caMaterial", "certMaterial", "keyMaterial"];
    const [ca, cert, key] = materials.map((one) => read(raw, one)) as [string, string, string];
    const count = [ca, cert, key].filter((material) => material !== "").length;
    if ((count > 0 || certPath !== "") && !host.startsWith("tcp:")) {
        mistakes.add(
            certPath !== "" ? "docker:certPath" : "docker:certMaterial",
            `is for tcp://HOST:PORT, and docker:host is ${unquoted(host)}`,
            clear(raw, mistakes, ["certPath", ...materials]),
        );
    } else if (count > 0 && (count < 3 || certPath !== "")) {
        const set = certPath !== "" ? "" : `; ${mistakes.set("docker:certPath", "FOLDER")}`;
        mistakes.add(
            "docker:certMaterial",
            "needs docker:caMaterial and docker:keyMaterial as well, and can't be combined with docker:certPath",
            `${clear(raw, mistakes, materials)}${set}   (the folder of ca.pem, cert.pem and key.pem)`,
        );
    }
    if (certPath !== "") return { certPath };
    return count > 0 ? { ca, cert, key } : undefined;
}
