import { inspectLimits } from "../../../preflight/limits";
import { FakeEngine, fakeEngine } from "../host/fakeengine";

let engine: FakeEngine;
afterEach(() => engine.close());

test("an engine says whether it can limit swap", async () => {
    engine = await fakeEngine({ "GET /info": { body: { SwapLimit: false } } });
    expect(await inspectLimits(engine)).toEqual({ swapLimit: false, refused: [] });
});

test("a proxy that passes no info prevents an up, but not a preview", async () => {
    engine = await fakeEngine({ "GET /info": { status: 403, body: Buffer.from("<h1>403 Forbidden</h1>") } });
    const { swapLimit, refused } = await inspectLimits(engine);
    expect(swapLimit).toBe(true);
    expect(refused).toEqual([
        {
            level: "unchecked",
            what: expect.stringContaining("answers 403 to GET /info"),
            fix: expect.stringContaining("pass containers, distribution, exec, images, info,"),
        },
    ]);
});

test("any other answer is the engine's failure", async () => {
    engine = await fakeEngine({ "GET /info": { status: 500 } });
    await expect(inspectLimits(engine)).rejects.toThrow("answers 500 to GET /info");
});
