import { createHash } from "crypto";
import * as http from "http";
import { AddressInfo } from "net";
import { parseReference } from "../../../../cli/pin/reference";
import { digestOf } from "../../../../cli/pin/registry";

const manifest = JSON.stringify({ schemaVersion: 2 });
const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;

/** What the registry does besides what every registry does. */
interface Ways {
    /** Wants a token, and gives it to anybody (`bearer`), or wants a login (`basic`). */
    challenge?: "bearer" | "basic";
    /** Has no digest in its answer's header. */
    silent?: boolean;
    /** Answers every manifest with this. */
    status?: number;
    /** Answers who wants a token with this. */
    tokens?: number;
    /** Gives out this for the digest. */
    says?: string;
}

/** A small registry with one image `team/app:1`, for as long as `use` runs; returns its requests. */
async function withRegistry(ways: Ways, use: (registry: string) => Promise<void>): Promise<string[]> {
    const seen: string[] = [];
    const server = http.createServer((request, response) => {
        const url = new URL(request.url!, "http://x");
        seen.push(`${request.method} ${url.pathname}${url.search}`);
        const registry = `http://${request.headers.host}`;
        if (url.pathname === "/token" && ways.tokens) return void response.writeHead(ways.tokens).end();
        if (url.pathname === "/token") return void response.end(JSON.stringify({ token: "secret" }));
        if (ways.challenge && request.headers.authorization !== "Bearer secret") {
            const bearer = `Bearer realm="${registry}/token",service="that one",scope="repository:team/app:pull"`;
            return void response.writeHead(401, { "www-authenticate": ways.challenge === "bearer" ? bearer : 'Basic realm="x"' }).end();
        }
        if (ways.status) return void response.writeHead(ways.status).end();
        if (url.pathname === "/v2/team/app/tags/list") return void response.end(JSON.stringify({ tags: ["10", "1", "9"] }));
        const wanted = String(request.headers.accept).includes("image.index") && url.pathname === "/v2/team/app/manifests/1";
        if (!wanted) return void response.writeHead(404).end();
        response.writeHead(200, ways.silent ? {} : { "docker-content-digest": ways.says ?? digest });
        response.end(request.method === "GET" ? manifest : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
        await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
        server.closeAllConnections();
        server.close();
    }
    return seen;
}

const ask = (image: string) => digestOf(parseReference(image));

test("an open registry is asked once, without the manifest itself", async () => {
    const seen = await withRegistry({}, async (registry) => expect(await ask(`${registry}/team/app:1`)).toBe(digest));
    expect(seen).toEqual(["HEAD /v2/team/app/manifests/1"]);
});

test("a registry that wants a token is asked for one, as its challenge says", async () => {
    const seen = await withRegistry({ challenge: "bearer" }, async (registry) => expect(await ask(`${registry}/team/app:1`)).toBe(digest));
    expect(seen).toEqual(["HEAD /v2/team/app/manifests/1", "GET /token?service=that+one&scope=repository%3Ateam%2Fapp%3Apull", "HEAD /v2/team/app/manifests/1"]); // prettier-ignore
});

test("without the header, the digest is that of the manifest", async () => {
    await withRegistry({ silent: true }, async (registry) => expect(await ask(`${registry}/team/app:1`)).toBe(digest));
});

test.each<[Ways, string, RegExp]>([
    [{}, "team/app:2", /has no tag 2 of team\/app; it has 1, 9, 10\nFix: \.\/sidecar pin 127\.0\.0\.1:\d+\/team\/app:TAG/],
    [{ challenge: "bearer" }, "team/app:2", /has no tag 2 of team\/app; it has 1, 9, 10/],
    [{}, "team/other:1", /has no image team\/other\nFix: /],
    [{ challenge: "basic" }, "team/app:1", /does not show .*team\/app:1 without a login, or has no such image\nFix: .*docker login 127/],
    [{ status: 403 }, "team/app:1", /without a login/],
    [{ status: 429 }, "team/app:1", /too many requests from this address\nFix: wait/],
    [{ status: 500 }, "team/app:1", /answers 500 for .*\nFix: see what it says: curl -i http:\/\/127/],
    [{ challenge: "bearer", tokens: 429 }, "team/app:1", /^127\.0\.0\.1:\d+ has had too many requests from this address\nFix: wait/],
    [
        { challenge: "bearer", tokens: 503 },
        "team/app:1",
        /answers 503 for .*team\/app:1\nFix: .*curl -i 'http:\/\/127.*\/token\?service=.*'/,
    ],
    [{ challenge: "bearer", tokens: 403 }, "team/app:1", /without a login/],
    [{ says: "sha256:x" }, "team/app:1", /the digest "sha256:x", which is not a digest/],
])("%j and %s: the error says what, and how to fix it", async (ways, image, said) => {
    await withRegistry(ways, async (registry) => expect(ask(`${registry}/${image}`)).rejects.toThrow(said));
});

test.each(["127.0.0.1:1/a/b:1", "registry.invalid/a/b:1"])("a registry that does not answer is named: %s", async (image) => {
    await expect(ask(image)).rejects.toThrow(/the registry of .*, can't be asked: .+\nFix: .*curl --noproxy '\*' https?:\/\//);
});
