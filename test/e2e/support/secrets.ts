import * as fs from "fs";
import * as path from "path";
import { gunzipSync } from "zlib";
import { inLab, project } from "../../../lab/paths";
import { attempt, run } from "../../../lab/run";
import { Sidecar } from "./stack";

/** Something that only the places in `holders` may have. */
export interface Secret {
    name: string;
    value: string;
}

/** A place that has a secret. */
export interface Find {
    where: string;
    secret: string;
}

/** The places that have to hold a secret. Any other one is a leak. */
const holders: { where: RegExp; secret: RegExp; why: string }[] = [
    { where: /^file pgbouncer-\S+:\/etc\/pg-sidecar\/settings\/\w+\/userlist\.txt$/, secret: /^lookup/, why: "pgbouncer reads it" },
    { where: /^file pgbouncer-\S+:\/tmp\/(userlist\.txt|pgpass\.\w+)$/, secret: /^lookup/, why: "pgbouncer and the health check log in with it" },
    { where: /^file pgadmin-\S+:\/etc\/pg-sidecar\/secrets\/password$/, secret: /^pgAdmin/, why: "pgAdmin's login is made of it at each start" },
    { where: /^file pgbouncer-\S+:\/etc\/pg-sidecar\/settings\/\w+\/(server|client)-key\.pem$/, secret: /^key of (serverTls|clientTls|the stack)/, why: "pgbouncer reads it" },
    { where: /^file pgbouncer-\S+:\/tmp\/\S*key\S*\.pem$/, secret: /^key of (serverTls|clientTls|the stack)/, why: "the settings in force, and psql's" },
    { where: /^file pgadmin-\S+:\/etc\/pg-sidecar\/secrets\/oidc-secret$/, secret: /^oidcClientSecret/, why: "pgAdmin shows it to the identity provider" },
    { where: /^file pgadmin-\S+:\/etc\/pg-sidecar\/secrets\/role-password$/, secret: /^pgadminRole/, why: "the passfile is made of it at each start" },
    { where: /^file pgadmin-\S+:\/var\/lib\/pgadmin\/storage\/[^/]+\/\.pg-sidecar\.pgpass$/, secret: /^pgadminRole/, why: "pgAdmin connects with it" },
    { where: /^file metrics-database-\S+:\/etc\/pg-sidecar\/secrets\/password$/, secret: /^metrics/, why: "the exporter logs in with it" },
    // Not the stack's: the lab gives its database and its writer a password, and the shell of whoever deploys has it in PGPASSWORD.
    { where: /^(inspect|environment of \S+ in) (timescale_db|ingest)-/, secret: /^provider/, why: "whoever made the database gave it to them" },
    { where: /^environment of \S+ on the host$/, secret: /^provider/, why: "PGPASSWORD of whoever deploys" },
    { where: /^environment of (node|MainThread) on the host$/, secret: /^oidcClientSecret/, why: "the test's identity provider knows its client" },
    { where: /^environment of \S+ in pgbouncer-/, secret: /^provider/, why: "verify and these tests log in from the pooler's container" },
    { where: /^file .*\/\.lab\/(\w+\/)?lab\.json$/, secret: /^provider/, why: "the lab keeps what it made up" },
]; // prettier-ignore

const hasSecret = ({ where, secret }: Find) => holders.some((one) => one.where.test(where) && one.secret.test(secret));

interface Exported {
    deployment: { resources?: { type: string; urn: string; outputs?: { result?: string } }[] };
}

/** The private keys in a value of the state, which may have JSON in texts. */
function keysIn(value: unknown): string[] {
    if (typeof value === "object") return Object.values(value ?? {}).flatMap(keysIn);
    if (typeof value !== "string") return [];
    if (/^[{"]/.test(value)) return keysIn(JSON.parse(value));
    return value.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END/g) ?? [];
}

/** The stack's secrets as its state and its settings have them now. Another secret of the stack takes one line here. */
export async function secretsOf(on: Sidecar): Promise<Secret[]> {
    const asked = [["stack", "export"], ["stack", "output", "--json"], ["config", "--json"]].map((what) => run("pulumi", [...what, "--show-secrets"], { env: on.env })); // prettier-ignore
    const [exported, outputs, config] = (await Promise.all(asked)).map((text) => JSON.parse(text) as unknown) as [
        Exported,
        Record<string, string>,
        Record<string, { value?: string }>,
    ];
    const set = (key: string) => config[`pg-sidecar:${key}`]?.value;
    const stashes = (exported.deployment.resources ?? []).filter(({ type }) => type === "pulumi:index:Stash");
    const keys = (suffix: string, name: string) =>
        stashes.filter(({ urn }) => urn.endsWith(suffix)).flatMap((one) => keysIn(one.outputs).map((value) => ({ name, value })));
    const made = (exported.deployment.resources ?? []).filter(
        ({ type, outputs: its }) => type === "random:index/randomPassword:RandomPassword" && its?.result,
    );
    return [
        ...made.filter(({ urn }) => urn.includes("::lookup-")).map(({ urn, outputs: its }) => ({ name: `lookup role's password (${urn.split("::").at(-1)})`, value: plain(its!.result!) })), // prettier-ignore
        ...made.filter(({ urn }) => urn.includes("::metrics-")).map(({ outputs: its }) => ({ name: "metrics role's password", value: plain(its!.result!) })), // prettier-ignore
        ...(outputs.pgadminPassword ? [{ name: "pgAdmin's password", value: outputs.pgadminPassword }] : []),
        ...(outputs.pgadminRolePassword ? [{ name: "pgadminRole's password", value: outputs.pgadminRolePassword }] : []),
        ...(set("oidcClientSecret") ? [{ name: "oidcClientSecret", value: set("oidcClientSecret")! }] : []),
        ...["serverTlsKey", "clientTlsKey"].filter(set).map((key) => ({ name: `key of ${key}`, value: set(key)! })),
        ...keys("-certificate", "key of the stack's certificate"),
        ...keys("-ca", "the CA's key"),
        { name: "provider's password", value: on.lab.databasePassword },
    ];
}

/** With --show-secrets the CLI gives a secret as JSON in a `plaintext`, and other values as they are. */
function plain(value: string | { plaintext: string }): string {
    return typeof value === "string" ? value : (JSON.parse(value.plaintext) as string);
}

/** Text that has a secret, in each form in which it may be written: as it is, in a URL, in JSON, in hex, and in base64 at any offset. */
export function formsOf(value: string): string[] {
    const lines = value.includes("\n") ? value.split("\n").filter((line) => line.length >= 32 && !line.startsWith("-----")) : [value];
    return lines.flatMap((line) => {
        const bytes = Buffer.from(line);
        const base64 = [0, 1, 2].map((offset) => {
            const text = Buffer.concat([Buffer.alloc(offset), bytes])
                .toString("base64")
                .replace(/=+$/, "");
            return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6)); // what the neighbours don't change
        });
        const all = [line, encodeURIComponent(line), JSON.stringify(line).slice(1, -1), bytes.toString("hex"), ...base64];
        return [...new Set([...all, ...base64.map((one) => one.replaceAll("+", "-").replaceAll("/", "_"))])];
    });
}

/** Finds secrets in texts. */
export class Finder {
    private readonly forms: [string, string][];

    constructor(secrets: Secret[]) {
        this.forms = secrets.flatMap(({ name, value }) => formsOf(value).map((form): [string, string] => [form, name]));
    }

    /** One form a line, for `grep -F -f`. */
    get patterns(): string {
        return this.forms.map(([form]) => form).join("\n");
    }

    in(where: string, text: string | Buffer): Find[] {
        const found = new Set(this.forms.filter(([form]) => text.includes(form)).map(([, name]) => name));
        return [...found].map((secret) => ({ where, secret }));
    }

    /** From what `grep -o` printed, `FILE:TEXT` a line. */
    inMatches(kind: string, printed: string): Find[] {
        const finds = printed.split("\n").filter(Boolean).flatMap((line) => this.in(`${kind}${line.slice(0, line.indexOf(":"))}`, line)); // prettier-ignore
        return [...new Map(finds.map((one) => [one.where + one.secret, one])).values()];
    }
}

/** Looks for the secrets everywhere, and in what was `said` as well; the containers and their volumes, if there are any. */
async function findSecrets(on: Sidecar, secrets: Secret[], said: Record<string, string> = {}): Promise<Find[]> {
    const finder = new Finder(secrets);
    const ids = (await run("docker", ["ps", "-aq"])).split("\n").filter(Boolean);
    const found = Object.entries(said).flatMap(([what, text]) => finder.in(`output of ${what}`, text));
    found.push(...(await Promise.all(ids.map((id) => inContainer(finder, id)))).flat());
    found.push(...finder.in("state", (await attempt("pulumi", ["stack", "export"], { env: on.env })).stdout));
    found.push(...finder.in("networks", await run("sh", ["-c", "docker network inspect $(docker network ls -q)"])));
    found.push(...finder.in("volumes", await run("sh", ["-c", "docker volume ls -q | xargs -r docker volume inspect"])));
    const folders = ["state", "log", "stack"].map((one) => inLab(one)); // the backend with its backups and history; what commands printed; the stack's file
    for (const file of [...folders.flatMap(filesBelow), inLab("lab.json")]) found.push(...finder.in(`file ${file}`, read(file)));
    const repository = await attempt("git", ["grep", "-I", "-o", "-F", "-f", "/dev/stdin"], { input: finder.patterns, cwd: project });
    found.push(...finder.inMatches("repository ", repository.stdout));
    found.push(...processes(pids(), await namespaces()).flatMap((one) => inProcess(finder, one)));
    return found;
}

const filesBelow = (folder: string): string[] =>
    fs.existsSync(folder)
        ? fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name))
        : []; // prettier-ignore

function read(file: string): Buffer {
    const bytes = fs.readFileSync(file);
    return file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** What the engine reports about a container, its log, and if it is the stack's and runs, the files in it that its image does not have. */
async function inContainer(finder: Finder, id: string): Promise<Find[]> {
    const inspected = await attempt("docker", ["inspect", id]);
    if (inspected.code !== 0) return []; // gone meanwhile
    const [facts] = JSON.parse(inspected.stdout) as [{ Name: string; Config: { Labels: Record<string, string> | null }; State: { Running: boolean }; Mounts: { Destination: string }[] }]; // prettier-ignore
    const name = facts.Name.slice(1);
    const log = await attempt("docker", ["logs", id]);
    const found = [...finder.in(`inspect ${name}`, inspected.stdout), ...finder.in(`log of ${name}`, log.stdout + log.stderr)];
    if (!facts.State.Running || !facts.Config.Labels?.["pg-sidecar.stack"]) return found;
    const changed = (await run("docker", ["diff", id])).split("\n").filter((line) => /^[AC] /.test(line)).map((line) => line.slice(2)); // prettier-ignore
    const leaves = changed.filter((one) => !changed.some((other) => other.startsWith(`${one}/`)));
    const places = [
        ...new Set([
            ...leaves,
            ...facts.Mounts.map(({ Destination }) => Destination),
            "/etc/pg-sidecar",
            "/tmp",
            "/run",
            "/var/run",
            "/dev/shm",
        ]),
    ];
    // As the container's user, who owns its files: root has no capabilities there. The patterns come by the standard input, which no list shows.
    const grep = await attempt("docker", ["exec", "-i", id, "grep", "-r", "-o", "-s", "-F", "-f", "/dev/stdin", ...places], { input: finder.patterns }); // prettier-ignore
    return [...found, ...finder.inMatches(`file ${name}:`, grep.stdout)];
}

interface Process {
    pid: string;
    command: string;
    environment: string;
    /** Its program's name, and the container that it runs in. */
    where: string;
}

/** The containers' names by the number of their processes' namespace. */
async function namespaces(): Promise<Map<string, string>> {
    const listed = await attempt("sh", ["-c", "docker ps -q | xargs -r docker inspect -f '{{.Name}} {{.State.Pid}}'"]);
    const pairs = listed.stdout.split("\n").filter(Boolean).map((line) => line.slice(1).split(" ") as [string, string]); // prettier-ignore
    return new Map(pairs.flatMap(([name, pid]) => [[namespaceOf(pid), name] as const]));
}

function namespaceOf(pid: string): string {
    try {
        return fs.readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
        return ""; // it has ended
    }
}

const pids = () => fs.readdirSync("/proc").filter((one) => /^\d+$/.test(one));

/** Processes that root sees here, the containers' as well. */
function processes(which: string[], names: Map<string, string>): Process[] {
    const host = namespaceOf("self");
    return which.flatMap((pid) => {
        const of = (file: string) => fs.readFileSync(`/proc/${pid}/${file}`, "latin1");
        try {
            const namespace = namespaceOf(pid);
            const place = namespace === host ? "on the host" : `in ${names.get(namespace) ?? "a container that is gone"}`;
            return [
                { pid, command: of("cmdline"), environment: of("environ"), where: `${of("comm").trim().replaceAll(" ", "_")} ${place}` },
            ];
        } catch {
            return []; // it has ended
        }
    });
}

const inProcess = (finder: Finder, { command, environment, where }: Process): Find[] => [
    ...finder.in(`arguments of ${where}`, command),
    ...finder.in(`environment of ${where}`, environment),
];

/** Looks at every process that begins while `work` runs, several times in its first moments. */
export async function watchProcesses<T>(secrets: Secret[], work: () => Promise<T>): Promise<{ result: T; found: Find[] }> {
    const finder = new Finder(secrets);
    const names = await namespaces();
    const looks = new Map<string, number>();
    const found = new Map<string, Find>();
    const look = () => {
        const young = pids().filter((one) => (looks.get(one) ?? 0) < 4);
        for (const one of processes(young, names)) {
            looks.set(one.pid, (looks.get(one.pid) ?? 0) + 1);
            for (const find of inProcess(finder, one)) found.set(find.where + find.secret, find);
        }
    };
    // A container that begins meanwhile gets its name within seconds.
    const learn = async () => (await namespaces()).forEach((name, namespace) => names.set(namespace, name));
    const timers = [setInterval(look, 20), setInterval(() => void learn(), 1500)];
    try {
        return { result: await work(), found: [...found.values()] };
    } finally {
        timers.forEach(clearInterval);
    }
}

/** Fails if a secret is where it doesn't have to be. */
export function expectHeld(found: Find[]): void {
    const leaks = found.filter((one) => !hasSecret(one)).map(({ where, secret }) => `${secret}: ${where}`);
    expect([...new Set(leaks)].sort()).toEqual([]);
}

/** Looks everywhere and fails if a secret is where it doesn't have to be; returns the places that hold one. */
export async function expectNoLeak(on: Sidecar, secrets: Secret[], said: Record<string, string> = {}): Promise<string[]> {
    const found = await findSecrets(on, secrets, said);
    expectHeld(found);
    return found.map(({ where }) => where);
}
