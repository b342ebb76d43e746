import * as http from "http";
import { AddressInfo } from "net";
import { text } from "stream/consumers";
import { extract } from "tar-stream";
import { hasFile, writeFiles, writeVolume } from "../../../host/files";
import { DockerHost } from "../../../settings/settings";
import { FakeEngine, fakeEngine } from "./fakeengine";

interface Entry {
    name: string;
    type: string | null | undefined;
    mode: number | undefined;
    content: string;
}

/** What a server gets as a tar archive. */
async function sent(send: (docker: DockerHost) => Promise<void>): Promise<{ url?: string; type?: string; entries: Entry[] }> {
    const entries: Entry[] = [];
    let [url, type]: (string | undefined)[] = [];
    const server = http.createServer((request, response) => {
        [url, type] = [request.url, request.headers["content-type"]];
        const tar = extract();
        tar.on("entry", ({ name, type: kind, mode }, stream, next) => {
            void text(stream).then((content) => {
                entries.push({ name, type: kind, mode, content });
                next();
            });
        });
        tar.on("finish", () => response.end());
        request.pipe(tar);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await send({ host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, sshOpts: [] });
    server.close();
    return { url, type, entries };
}

test("files arrive in their order, whatever is in them; nobody may write them, but everybody their folder", async () => {
    const files = [
        { name: "one/", text: "" },
        { name: "one/1.ini", text: 'a = "$HOME" %s\\\nü\n' },
        { name: "one/userlist.txt", text: "" },
    ];
    expect(await sent((docker) => writeFiles(docker, "c", "/etc/a b", files))).toEqual({
        url: "/containers/c/archive?path=%2Fetc%2Fa%20b",
        type: "application/x-tar",
        entries: [
            { name: "one/", type: "directory", mode: 0o777, content: "" },
            { name: "one/1.ini", type: "file", mode: 0o444, content: files[1]!.text },
            { name: "one/userlist.txt", type: "file", mode: 0o444, content: "" },
        ],
    });
});

describe("with an engine", () => {
    let engine: FakeEngine;
    afterEach(() => engine.close());

    const volume = { owner: "p/s", image: "sha256:feed", volume: "v", files: [{ name: "password", text: "hunter22" }] };

    test("a volume is written through a container that never starts, and is removed even if the engine refuses", async () => {
        engine = await fakeEngine({
            "POST /containers/create": { status: 201, body: { Id: "c" } },
            "PUT /containers/c/archive?path=%2F": { status: 507, body: { message: "no space left on device" } },
            "DELETE /containers/c?force=true&v=true": { status: 204 },
        });
        await expect(writeVolume(engine.docker, volume)).rejects.toThrow("no space left on device");
        expect(engine.requests.map((one) => one.split(" ").slice(0, 2).join(" "))).toEqual([
            "POST /containers/create",
            "PUT /containers/c/archive?path=%2F",
            "DELETE /containers/c?force=true&v=true",
        ]);
        expect(engine.requests[0]).toContain('"Mounts":[{"Type":"volume","Source":"v","Target":"/volume"}]');
        expect(engine.requests[0]).not.toContain("hunter22");
    });

    test("an engine that creates no container is an error with a fix", async () => {
        engine = await fakeEngine({ "POST /containers/create": { status: 500, body: { message: "disk full" } } });
        await expect(writeVolume(engine.docker, volume)).rejects.toThrow(
            /^the stack's files can't be written to their volume: .*disk full/,
        );
    });

    test("whether a container has a file is asked without reading it", async () => {
        engine = await fakeEngine({ "HEAD /containers/c/archive?path=%2Fa": { status: 200 } });
        expect(await hasFile(engine.docker, "c", "/a")).toBe(true);
        expect(await hasFile(engine.docker, "c", "/b")).toBe(false);
    });
});
