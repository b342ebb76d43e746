import { folderOf } from "../../../cli/terminal";

test.each([
    ["pulumi", undefined],
    ["/usr/bin/pulumi", undefined],
    ["psql", "/called/from"],
    ["./pulumi-wrapper", "/called/from"],
])("%s runs in the project or where ./sidecar was called", (program, folder) => {
    const before = process.env.SIDECAR_FROM;
    process.env.SIDECAR_FROM = "/called/from";
    try {
        expect(folderOf(program).cwd).toBe(folder);
    } finally {
        if (before === undefined) delete process.env.SIDECAR_FROM;
        else process.env.SIDECAR_FROM = before;
    }
});
