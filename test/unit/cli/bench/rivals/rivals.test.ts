import { equalSettings } from "../../../../../cli/bench/rivals/benchrival";
import { versionIn } from "../../../../../cli/bench/rivals/image";
import { pgagroal } from "../../../../../cli/bench/rivals/pgagroal";
import { pgpool } from "../../../../../cli/bench/rivals/pgpool";
import { Rival, RivalSettings } from "../../../../../cli/bench/rivals/rival";

const settings: RivalSettings = {
    host: "timescale_db",
    port: 5433,
    database: "tracksolid_db",
    role: "sidecar_bench",
    password: "4f2a9c",
    backends: 16,
    clients: 200,
    wait: 120,
    listenPort: 6432,
};
const texts = (rival: Rival, changes: Partial<RivalSettings> = {}) =>
    Object.fromEntries(rival.files({ ...settings, ...changes }).map(({ name, text }) => [name, text]));
const value = (text: string, key: string) => new RegExp(`^${key} = (.*)$`, "m").exec(text)?.[1];

test.each([pgagroal, pgpool])("the files of $name", (rival) => {
    expect(texts(rival)).toMatchSnapshot();
    expect(rival.command(settings)).toMatchSnapshot();
});

test("pgagroal has all its backends open from the start, and a client waits as long for one as in pgbouncer", () => {
    const { "pgagroal.conf": conf, "databases.conf": databases } = texts(pgagroal, { backends: 5, wait: 7 });
    expect(databases).toBe("tracksolid_db sidecar_bench 5 5 5\n");
    expect(value(conf!, "max_connections")).toBe("5");
    expect(value(conf!, "blocking_timeout")).toBe("7");
});

test("pgpool's processes are its backends, and its queue holds the other clients", () => {
    const { "pgpool.conf": conf } = texts(pgpool, { backends: 16, clients: 200 });
    const [processes, times] = [value(conf!, "num_init_children"), value(conf!, "listen_backlog_multiplier")].map(Number);
    expect(processes).toBe(16);
    expect(processes! * times!).toBeGreaterThanOrEqual(200);
    expect(value(conf!, "max_pool")).toBe("1"); // each process keeps one backend
});

test.each([pgagroal, pgpool])("$name alone has the password, in a single file", (rival) => {
    const withPassword = Object.entries(texts(rival, { password: "hunter22" })).filter(([, text]) => text.includes("hunter22"));
    expect(withPassword).toHaveLength(1);
    expect(rival.command({ ...settings, password: "hunter22" }).join(" ")).not.toContain("hunter22");
});

test.each([
    ["host", "a'b"],
    ["database", "two words"],
    ["role", "a\nb"],
    ["role", "a:b"],
    ["role", "-h"],
    ["password", "a'b"],
    ["password", ""],
])("a %s of %j is refused, and not repeated", (key, text) => {
    for (const rival of [pgagroal, pgpool]) {
        const refused = () => rival.files({ ...settings, [key]: text });
        expect(refused).toThrow(`${key} can't be written into a rival's files`);
        if (key === "password" && text) expect(refused).not.toThrow(text);
    }
});

test("what each can't do", () => {
    const asked = (rival: Rival, protocol: string, clients: number) => rival.cannot({ protocol, clients }, settings);
    for (const protocol of ["simple", "extended"]) expect(asked(pgagroal, protocol, 32)).toBeUndefined();
    expect(asked(pgagroal, "simple", 33)).toContain("starve");
    expect(asked(pgagroal, "prepared", 1)).toContain('prepared statement "P_0" does not exist');
    for (const protocol of ["simple", "extended", "prepared"]) expect(asked(pgpool, protocol, 16)).toBeUndefined();
    expect(asked(pgpool, "simple", 17)).toContain("the 17th waits");
});

test("a rival gets the sizes of the stack's pooler", () => {
    const target = { deployed: { listenPort: 6432 } } as Parameters<typeof equalSettings>[0];
    const ini = {
        databaseHost: "timescale_db",
        databasePort: 5433,
        defaultPoolSize: 20,
        maxDbConnections: 16,
        maxClientConn: 200,
        queryWaitTimeout: 120,
    };
    const model = { ini } as Parameters<typeof equalSettings>[1];
    expect(equalSettings(target, model, { database: "tracksolid_db", user: "sidecar_bench", password: "4f2a9c" })).toEqual(settings);
});

test("the version is read from what each prints", () => {
    expect(versionIn("pgagroal 1.6.0\n")).toBe("1.6.0");
    expect(versionIn("pgpool-II version 4.6.1 (chirikoboshi)\n")).toBe("4.6.1");
    expect(() => versionIn("sh: pgpool: not found\n")).toThrow('no version in "sh: pgpool: not found');
});
