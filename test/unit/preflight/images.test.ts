import { askRegistry, judgeImage, RegistryAnswer } from "../../../preflight/images";
import { fakeEngine } from "../host/fakeengine";

const settings = { stack: "stage", docker: { host: "ssh://root@host", sshOpts: [] } };
const reference = "edoburu/pgbouncer:v1@sha256:12";
const judge = (answer: Partial<RegistryAnswer>) =>
    judgeImage(
        { status: 200, platforms: [], message: "", ...answer },
        { key: "pgbouncerImage", reference, platform: "linux/amd64" },
        settings,
    );

test("an image that the registry has for the host's platform gives no finding", () => {
    expect(judge({ platforms: ["linux/arm64", "linux/amd64"] })).toEqual([]);
    expect(judge({})).toEqual([]); // some registries name none
});

test.each<[string, Partial<RegistryAnswer>, string, string, string]>([
    ["another platform's", { platforms: ["linux/arm64"] }, "error", "is for linux/arm64, and ssh://root@host is linux/amd64", "pulumi config rm --stack stage pgbouncerImage"],
    ["one that isn't there", { status: 404, message: "manifest unknown" }, "error", "the registry has no edoburu/pgbouncer:v1", "pulumi config rm --stack stage pgbouncerImage"],
    ["one that isn't there, on an engine that says 500", { status: 500, message: "manifest unknown: manifest unknown" }, "error", "the registry has no", "pulumi config rm --stack stage pgbouncerImage"],
    ["a private one", { status: 401, message: "pull access denied" }, "warning", "does not show", "docker login docker.io"],
    ["one behind a closed network", { status: 500, message: "dial tcp: lookup registry: no such host" }, "unchecked", "no such host", "docker -H ssh://root@host pull edoburu/pgbouncer:v1"],
    ["one behind a proxy of the engine's", { status: 403, withheld: true }, "warning", "does not pass distribution, so edoburu/pgbouncer:v1@sha256:12 was not looked up", "docker -H ssh://root@host pull edoburu/pgbouncer:v1"],
    ["one whose registry hangs", { status: 0, message: "no answer within 20 s" }, "unchecked", "can't get", "until this works: docker -H"],
])("%s is found before anything is changed", (_, answer, level, what, fix) => {
    const [finding, ...others] = judge(answer);
    expect(others).toEqual([]);
    expect(finding!.level).toBe(level);
    expect(finding!.what).toContain(what);
    expect(finding!.fix).toContain(fix);
}); // prettier-ignore

test.each<[string, unknown, Partial<RegistryAnswer>]>([
    ["a proxy's page", Buffer.from("<html><h1>403 Forbidden</h1></html>"), { message: "", withheld: true }],
    ["the registry's refusal", { message: "denied: requested access" }, { message: "denied: requested access" }],
])("a 403 that is %s is not taken for the other", async (_, body, more) => {
    const engine = await fakeEngine({ "GET /distribution/a:1/json": { status: 403, body } });
    try {
        expect(await askRegistry(engine.docker, "a:1")).toEqual({ status: 403, platforms: [], ...more });
    } finally {
        engine.close();
    }
});
