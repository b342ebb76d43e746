import { execFileSync } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { escaped } from "../text";

const root = path.join(__dirname, "../..");
const read = (file: string) => fs.readFileSync(path.join(root, file), "utf8");
const filesBelow = (folder: string) =>
    fs
        .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

/** The code spans in a column of each table of a page that has a column of that name. */
function quoted(page: string, columns: string[]): string[] {
    const spans: string[] = [];
    let column = -1;
    for (const line of read(page).split("\n")) {
        const cells = line.split("|").map((cell) => cell.trim());
        if (cells.length < 3) column = -1;
        else if (column < 0) column = cells.findIndex((cell) => columns.includes(cell));
        else spans.push(...[...cells[column]!.matchAll(/`([^`]+)`/g)].map(([, span]) => span!));
    }
    return spans;
}

/** Everything that a program here may print or looks for, with each text that is written in parts on one line. */
const sources = ["cli", "components", "findings", "host", "preflight", "settings"]
    .flatMap(filesBelow)
    .map(read)
    .join("\n")
    .replace(/["'`]\s*\+\s*["'`]/g, "");

const isOurs = (message: string) => new RegExp(message.split("…").map(escaped).join(".*")).test(sources);

/** Words of Docker, Pulumi, ssh, TLS, PostgreSQL and pgbouncer that docs/TROUBLESHOOTING.md quotes. */
const others = [
    "container failed to be in healthy state",
    "configuration key … must be of type 'array<string>'",
    "error during connect",
    "the stack is currently locked",
    "pending operations",
    "timeout while waiting for state to become 'removed'",
    "Permission denied (publickey)",
    "timed out",
    "docker: not found",
    "dial unix …: connect: no such file",
    "connect EACCES",
    "unable to verify",
    "self-signed certificate",
    "alert unknown ca",
    "alert certificate expired",
    "role … cannot be dropped because some objects depend on it",
    'database "…" does not exist',
    'schema "…" does not exist',
    "too many connections",
    "bouncer config error",
    "server login has been failing",
    "connect string changed",
    "unrecognized resource type … pulumi:index:Stash",
    "certificate verify failed",
    "not present in server certificate",
    "SSL required",
];

const messages = [...new Set(quoted("docs/TROUBLESHOOTING.md", ["it says", "symptom"]))];

test.each(messages.filter((message) => !others.includes(message)))("the source has what docs/TROUBLESHOOTING.md quotes: %s", (message) => {
    expect(isOurs(message)).toBe(true);
});

test.each(others)("docs/TROUBLESHOOTING.md still quotes the words of another program: %s", (message) => {
    expect(messages).toContain(message);
});

/** What the runbook's first lines set, for a stack with this configuration. */
function dockerVariables(config: Record<string, string>): string {
    const lines = read("docs/RUNBOOK.md")
        .split("\n")
        .filter((line) => /^ {4}.*pulumi config get docker:/.test(line));
    const known = Object.entries(config).map(([key, value]) => `${key}) echo '${value}' ;;`);
    const pulumi = `pulumi() { case $3 in ${known.join(" ")} *) return 255 ;; esac; }`;
    const shown = 'echo "$DOCKER_HOST ${DOCKER_TLS_VERIFY:-} ${DOCKER_CERT_PATH:-}"';
    const used = lines.filter((line) => config["docker:certPath"] || !line.includes("certPath"));
    return execFileSync("sh", ["-c", [pulumi, ...used, shown].join("\n")], { env: { DOCKER_HOST: "ssh://mine" }, encoding: "utf8" }).trim();
}

test("docs/RUNBOOK.md has docker use the stack's engine, and never another", () => {
    expect(dockerVariables({})).toBe("ssh://mine");
    expect(dockerVariables({ "docker:host": "ssh://me@host" })).toBe("ssh://me@host");
    expect(dockerVariables({ "docker:host": "tcp://host:2376", "docker:certPath": "/my certs" })).toBe("tcp://host:2376 1 /my certs");
});

/** Links to files here, with their anchors, of every document. */
const links = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...filesBelow("docs"), ...filesBelow("lab")]
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) => [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => [file, link!] as const));

const anchors = (file: string) =>
    [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
        title!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"),
    ); // prettier-ignore

test.each(links)("a link in %s leads somewhere: %s", (file, link) => {
    const [target, anchor] = link.split("#") as [string, string?];
    const to = target === "" ? file : path.join(path.dirname(file), target);
    expect(fs.existsSync(path.join(root, to))).toBe(true);
    if (anchor !== undefined) expect(anchors(to)).toContain(anchor);
});

/** The rooms that files of some folders import. */
const imports = (...folders: string[]) =>
    new Set(
        folders
            .flatMap((folder) => (folder.endsWith(".ts") ? [folder] : filesBelow(folder).filter((file) => file.endsWith(".ts"))))
            .flatMap((file) => {
                const modules = [...read(file).matchAll(/(?:from|import|require)[ (]+"(\.[^"]+)"/g)];
                return modules.map(([, module]) => path.join(path.dirname(file), module!).split("/")[0]!);
            }),
    );

test("the rooms import each other as docs/DESIGN.md says", () => {
    expect([...imports("findings")].filter((room) => room !== "findings")).toEqual([]);
    const loaded = imports("index.ts", "program.ts", "stack.ts", "settings", "findings", "host", "preflight", "components");
    expect([...loaded].filter((room) => ["cli", "lab", "test"].includes(room))).toEqual([]);
    expect(loaded).toContain("preflight");
});
