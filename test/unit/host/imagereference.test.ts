import { fullName, imageName, registryOf, versionInTag } from "../../../host/imagereference";

test.each([
    ["edoburu/pgbouncer:v1", "docker.io"],
    ["pgbouncer", "docker.io"],
    ["pgbouncer:1", "docker.io"],
    ["ghcr.io/a/b:1", "ghcr.io"],
    ["127.0.0.1:5000/a:1", "127.0.0.1:5000"],
    ["localhost/a", "localhost"],
])("the registry of %s is %s", (image, registry) => expect(registryOf(image)).toBe(registry));

test.each([
    ["edoburu/pgbouncer:v1.25.2-p0@sha256:12", "edoburu/pgbouncer"],
    ["127.0.0.1:5000/edoburu/pgbouncer:1.24.1", "127.0.0.1:5000/edoburu/pgbouncer"],
    ["pgbouncer@sha256:12", "pgbouncer"],
])("the name of %s is %s", (image, name) => expect(imageName(image)).toBe(name));

test("an image's full name is the same with and without the registry that is meant anyway", () => {
    expect(fullName("docker.io/dpage/pgadmin4:9.17")).toBe(fullName(`dpage/pgadmin4:9.16@sha256:${"0".repeat(64)}`));
    expect(fullName("index.docker.io/postgres")).toBe(fullName("postgres:17"));
    expect(fullName("127.0.0.1:5000/dpage/pgadmin4:9.17")).not.toBe(fullName("dpage/pgadmin4:9.17"));
});

test.each([
    ["edoburu/pgbouncer:v1.25.2-p0@sha256:12", "1.25.2"],
    ["127.0.0.1:5000/edoburu/pgbouncer:1.24.1", "1.24.1"],
    ["127.0.0.1:5000/edoburu/pgbouncer@sha256:12", undefined],
    ["edoburu/pgbouncer:latest", undefined],
])("the tag of %s names %s", (reference, version) => expect(versionInTag(reference)).toBe(version));
