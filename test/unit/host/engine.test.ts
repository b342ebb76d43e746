import { get, post, remove, request } from "../../../host/engine";
import { exec } from "../../../host/exec";
import { Answers, FakeEngine, fakeEngine } from "./fakeengine";

let engine: FakeEngine;
const start = async (answers: Answers) => (engine = await fakeEngine(answers)).docker;
afterEach(() => engine.close());

test("GET returns JSON, and undefined for what the engine doesn't have", async () => {
    const docker = await start({ "GET /version": { body: { Os: "linux" } } });
    expect(await get(docker, "/version")).toEqual({ Os: "linux" });
    expect(await get(docker, "/images/x/json")).toBeUndefined();
});

test("a refusal is an error with the engine, the call, the status and the reason", async () => {
    const docker = await start({ "GET /networks": { status: 403, body: { message: "Forbidden" } }, "POST /x": { status: 409 } });
    await expect(get(docker, "/networks")).rejects.toThrow(`at ${docker.host} answers 403 to GET /networks: {"message":"Forbidden"}`);
    await expect(post(docker, "/x")).rejects.toThrow("answers 409 to POST /x");
    await expect(post(docker, "/missing")).rejects.toThrow("answers 404");
});

test("removing what is gone already is not an error", async () => {
    const docker = await start({ "DELETE /networks/used": { status: 403 } });
    await remove(docker, "/networks/gone");
    await expect(remove(docker, "/networks/used")).rejects.toThrow("answers 403 to DELETE");
});

test("an engine that is too slow is given up, with the time that it had", async () => {
    const docker = await start({ "GET /slow": { delay: 2_000 } });
    await expect(request(docker, "GET", "/slow", { timeout: 50 })).rejects.toThrow("no answer within 0.05 s");
});

test("a program in a container gets its environment apart from its arguments, and its output is split", async () => {
    const frame = (stream: number, text: string) =>
        Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
    const docker = await start({
        "POST /containers/c/exec": { status: 201, body: { Id: "e" } },
        "POST /exec/e/start": { body: Buffer.concat([frame(1, "out"), frame(2, "err")]) },
        "GET /exec/e/json": { body: { Running: false, ExitCode: 3 } },
    });
    expect(await exec(docker, "c", ["psql", "-c", "SELECT 1"], { env: { PGPASSWORD: "x" } })).toEqual({
        code: 3,
        stdout: "out",
        stderr: "err",
    });
    expect(engine.requests[0]).toBe(
        'POST /containers/c/exec {"Cmd":["psql","-c","SELECT 1"],"Env":["PGPASSWORD=x"],"AttachStdout":true,"AttachStderr":true}',
    );
});
