import { runTasks } from "../../../host/tasks";

/** Runs 20 tasks of 5 ms; returns their results and how many ran at the same time. */
async function run(host: string) {
    let [current, most] = [0, 0];
    const tasks = Array.from({ length: 20 }, (_, at) => async () => {
        most = Math.max(most, ++current);
        await new Promise((resolve) => setTimeout(resolve, 5));
        current--;
        return at;
    });
    return { results: await runTasks({ host, sshOpts: [] }, tasks), most };
}

test.each([
    ["unix:///var/run/docker.sock", 8],
    ["tcp://host:2376", 8],
    ["ssh://root@host", 1],
])("over %s, %i run at the same time", async (host, expected) => {
    const { results, most } = await run(host);
    expect(most).toBe(expected);
    expect(results).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test("after a failure no further task begins", async () => {
    const begun: number[] = [];
    const tasks = [0, 1, 2].map((at) => () => {
        begun.push(at);
        return at === 1 ? Promise.reject(new Error("unreachable")) : Promise.resolve(at);
    });
    await expect(runTasks({ host: "ssh://root@host", sshOpts: [] }, tasks)).rejects.toThrow("unreachable");
    expect(begun).toEqual([0, 1]);
});
