import * as fs from "fs";
import * as net from "net";
import * as path from "path";
import { dump, load } from "js-yaml";
import { writeWhole } from "../../lab/files";
import { inLab } from "../../lab/paths";
import { direct } from "./support/database";
import { changing, containers, pulumi, useStack } from "./support/stack";

const on = useStack("01-bad-input");
let calls = 0;

/** Runs the CLI with some keys of the stack's settings changed (or, where undefined, left out). */
async function under(values: Record<string, unknown>, args: string[], env: NodeJS.ProcessEnv = {}) {
    const stack = load(fs.readFileSync(on.env.PULUMI_OPTION_CONFIG_FILE!, "utf8")) as { config: Record<string, unknown> };
    for (const [key, value] of Object.entries(values)) {
        if (value === undefined) delete stack.config[key];
        else stack.config[key] = value;
    }
    const file = inLab("bad-input", `${++calls}.yaml`);
    writeWhole(file, dump(stack));
    const ran = await pulumi(on, args, { env: { PULUMI_OPTION_CONFIG_FILE: file, ...env } });
    return { ...ran, said: ran.stdout + ran.stderr };
}

const preview = (values: Record<string, unknown>, env?: NodeJS.ProcessEnv) => under(values, ["preview"], env);

const mistakes: [string, Record<string, unknown>, string[]][] = [
    [
        "a missing setting",
        { "pg-sidecar:pgadminEmail": undefined },
        ["pgadminEmail is missing", "pulumi config set --stack local pgadminEmail"],
    ],
    ["a misspelt setting", { "pg-sidecar:defaultPoolsize": "10" }, ["is not a setting of this project: did you mean defaultPoolSize?"]],
    ["a mistyped setting", { "pg-sidecar:defaultPoolSize": "lots" }, ["defaultPoolSize", "integer"]],
    ["a secret in plain text", { "pg-sidecar:pgadminPassword": "hunter22" }, ["pgadminPassword is a secret, but stored in plain text"]],
    [
        "pool sizes over the database's limit",
        { "pg-sidecar:maxDbConnections": "40" },
        ["the database has 37 left", "pulumi config set --stack local maxDbConnections 33"],
    ],
    [
        "an absent network",
        { "pg-sidecar:databaseNetwork": "no-such-net" },
        ["there is no network no-such-net", "pulumi config set --stack local databaseNetwork"],
    ],
    [
        "a database's network that can't be looked up",
        { "pg-sidecar:databaseNetwork": undefined, "pg-sidecar:databaseHost": "nobody" },
        ["no container on", "answers to nobody", "Fix: pulumi config set --stack local databaseHost "],
    ],
    [
        "a domain without its proxy's network",
        { "pg-sidecar:pgadminDomain": "pgadmin.example.com", "pg-sidecar:proxyNetwork": "no-such-proxy" },
        ["there is no network no-such-proxy", "pulumi config set --stack local proxyNetwork"],
    ],
    ["an absent database", { "pg-sidecar:databases": ["no_such_db"] }, ["there is no database no_such_db"]],
    ["a wrong superuser password", { "postgresql:username": "nobody" }, ["turns nobody away", "--secret postgresql:password"]],
];
/** A preview keeps one core busy, so that of the next mistake runs meanwhile. */
const previews: ReturnType<typeof preview>[] = [];
const previewOf = (at: number) => (previews[at] ??= preview(mistakes[at]![1]));

test.each(mistakes.map(([what, , expected], at) => [what, expected, at] as const))(
    "%s stops before anything is registered, and says what to do",
    async (_, expected, at) => {
        const running = previewOf(at);
        if (at + 1 < mistakes.length) void previewOf(at + 1);
        const { code, said } = await running;
        expect(code).not.toBe(0);
        for (const text of expected) expect(said).toContain(text);
        expect(said).not.toContain("hunter22");
        expect(said).not.toMatch(/\n\s+at .*\.ts:\d+/); // no stack trace
    },
);

test("a port in use is named, whether a program or a container has it", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const { said } = await preview({ "pg-sidecar:pgadminPort": port });
    server.close();
    expect(said).toContain(`pgadminPort: a program on this machine already listens on port ${port}`);

    const taken = await preview({ "pg-sidecar:pgadminPort": on.lab.databasePort });
    expect(taken.said).toContain(`container ${on.lab.databaseContainer}`);
});

describe("with the database out of reach", () => {
    const nowhere = { "postgresql:port": "1" };

    test("a preview works and says what it could not check", async () => {
        const { code, said } = await preview({ ...nowhere, "pg-sidecar:defaultPoolSize": "10" });
        expect(said).toContain("not checked: the database at 127.0.0.1:1 can't be reached from here");
        expect(said).toMatch(/\+ default_pool_size = 10/);
        expect(code).toBe(0);
    });

    test("an up stops, and the stack continues unchanged", async () => {
        const { code, said } = await under(nowhere, ["up", ...changing]);
        expect(code).not.toBe(0);
        expect(said).toContain("the database at 127.0.0.1:1 can't be reached from here");
        expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
    });
});

describe("a second stack on the same host and database", () => {
    test("is refused with each reason", async () => {
        await pulumi(on, ["stack", "init", "copy"], { cwd: path.dirname(on.env.PULUMI_OPTION_CONFIG_FILE!) });
        try {
            const { code, said } = await preview({}, { PULUMI_STACK: "copy" });
            expect(code).not.toBe(0);
            for (const key of ["authUser", "authFunction", "pgbouncerAlias", "pgadminVolume", "pgadminPort"])
                expect(said).toContain(`- ${key}: `);
            expect(said).toContain("belongs to stack pg-sidecar/local");

            const unpinned = await preview({ "pg-sidecar:pgadminImage": "dpage/pgadmin4:9.17" }, { PULUMI_STACK: "copy" });
            expect(unpinned.said).toContain("pgadminImage is dpage/pgadmin4:9.17, without a digest");
        } finally {
            await pulumi(on, ["stack", "rm", "copy", "--yes"]);
        }
    });

    test("comes up beside the first under names of its own, and goes again", async () => {
        const folder = path.dirname(on.env.PULUMI_OPTION_CONFIG_FILE!);
        await pulumi(on, ["stack", "init", "copy"], { cwd: folder });
        const own = {
            "pg-sidecar:authUser": "pgbouncer_copy",
            "pg-sidecar:authFunction": "public.user_lookup_copy",
            "pg-sidecar:pgbouncerAlias": "pgbouncer-copy",
            "pg-sidecar:pgadminVolume": `pgadmin-data-copy-${on.lab.id}`,
            "pg-sidecar:pgadminPort": "0",
            "pg-sidecar:otherConnections": "20",
        };
        try {
            const made = await under(own, ["up", ...changing], { PULUMI_STACK: "copy" });
            expect(made.said).toContain("pgbouncer-copy:6432");
            expect(made.code).toBe(0);
            const first = await pulumi(on, ["preview", "--expect-no-changes"]);
            expect(first.code).toBe(0);
        } finally {
            const gone = await under(own, ["destroy", ...changing], { PULUMI_STACK: "copy" });
            await pulumi(on, ["stack", "rm", "copy", "--yes"]);
            expect(gone.code).toBe(0);
        }
    });
});

test("a role somebody made by hand is not taken over silently", async () => {
    await direct(on, "CREATE ROLE by_hand LOGIN");
    try {
        const { said } = await preview({ "pg-sidecar:authUser": "by_hand" });
        expect(said).toContain("role by_hand on 127.0.0.1");
        expect(said).toContain("is there already and no stack made it");
    } finally {
        await direct(on, "DROP ROLE by_hand");
    }
});
