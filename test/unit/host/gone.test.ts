import { limitProcesses } from "../../../host/containers";
import { writeVolume } from "../../../host/files";
import { refreshable } from "../../../host/gone";
import { Settings } from "../../../settings/settings";
import { settingsOf } from "../fixture";
import { FakeEngine, fakeEngine } from "./fakeengine";

let engine: FakeEngine;
afterEach(() => engine.close());

const info = { "GET /info": { body: { PidsLimit: true } } };
const limit = { id: "c1", name: "pgbouncer-1a2b3c4", most: 128 };
const volume = { owner: "pg-sidecar/stage", image: `sha256:${"ab".repeat(32)}`, volume: "v", files: [] };

/** What a call says to the user of a stack on the engine. */
const said = (call: (settings: Settings) => Promise<void>) => {
    const settings = { ...settingsOf(), docker: engine.docker };
    return refreshable(settings, () => call(settings))().then(
        () => "",
        ({ message, stack }: Error) => [message, stack],
    );
};
const gone = (what: string) => [
    `${what} is gone from ${engine.docker.host}. Without --refresh, Pulumi assumes that nothing has changed\nFix: pulumi up --stack stage --refresh`,
    undefined,
];

test("a container that somebody removed is named without a stack trace, with the up that recreates it", async () => {
    const answer = { status: 404, body: { message: "No such container: c1" } };
    engine = await fakeEngine({ ...info, "POST /containers/c1/update": answer });
    expect(await said(({ docker }) => limitProcesses(docker, limit))).toEqual(gone("container pgbouncer-1a2b3c4"));
});

test("so is the image of a removed container, without which no volume is written", async () => {
    engine = await fakeEngine({ "POST /containers/create": { status: 404, body: { message: "No such image: sha256:abab" } } });
    expect(await said(({ docker }) => writeVolume(docker, volume))).toEqual(gone("image sha256:abababababab"));
});

test.each([
    [404, "page not found"],
    [500, "No such container: c1"],
])("an engine that answers %s (%s) says so itself", async (status, message) => {
    engine = await fakeEngine({ ...info, "POST /containers/c1/update": { status, body: { message } } });
    const [printed] = await said(({ docker }) => limitProcesses(docker, limit));
    expect(printed).toContain(`answers ${status} to POST /containers/c1/update: `);
});

test("a container that is there is limited", async () => {
    engine = await fakeEngine({ ...info, "POST /containers/c1/update": {} });
    expect(await said(({ docker }) => limitProcesses(docker, limit))).toBe("");
    expect(engine.requests.at(-1)).toBe('POST /containers/c1/update {"PidsLimit":128}');
});
