import * as fc from "fast-check";
import { parseReference } from "../../../../cli/pin/reference";
import { UserError } from "../../../../findings/errors";
import { holds, nasty } from "../../badinput";

test.each([
    ["dpage/pgadmin4:9.17", "registry-1.docker.io", "dpage/pgadmin4", "9.17"],
    ["docker.io/dpage/pgadmin4:9.17", "registry-1.docker.io", "dpage/pgadmin4", "9.17"],
    ["pgbouncer:1", "registry-1.docker.io", "library/pgbouncer", "1"],
    ["ghcr.io/a/b/c:v1.2-p0", "ghcr.io", "a/b/c", "v1.2-p0"],
    ["127.0.0.1:5000/edoburu/pgbouncer:v1", "127.0.0.1:5000", "edoburu/pgbouncer", "v1"],
    ["localhost/x:1", "localhost", "x", "1"],
])("%s is at %s", (image, registry, repository, tag) => {
    expect(parseReference(image)).toEqual({ image, registry, repository, tag });
});

test.each(["dpage/pgadmin4", "dpage/pgadmin4:", ":9", "", "a b:1", "-x:1", "a/../b:1", "https://a.b/c:1"])(
    "%j is no image and tag",
    (image) => {
        expect(() => parseReference(image)).toThrow(/is not an image and its tag\nFix: /);
    },
);

test("a digest is refused: it is what the command looks for", () => {
    expect(() => parseReference(`a/b:1@sha256:${"0".repeat(64)}`)).toThrow(/has a digest already\nFix: /);
});

test("whatever is given, it is an image, or refused as the reader's mistake", () => {
    holds(
        fc.property(nasty("dpage/pgadmin4:9.17"), (image) => {
            try {
                const { registry, repository, tag } = parseReference(image);
                expect(new URL(`https://${registry}/v2/${repository}/manifests/${tag}`).pathname).toBe(
                    `/v2/${repository}/manifests/${tag}`,
                );
            } catch (cause) {
                expect(cause).toBeInstanceOf(UserError);
            }
        }),
        300,
    );
});
