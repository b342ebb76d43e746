import { judgeSshConfig } from "../../../preflight/ssh";

test("an ssh that checks no key or shares no connection is warned of", () => {
    const safe = "stricthostkeychecking true\ncontrolmaster auto\ncontrolpath /root/.ssh/pg-sidecar-1\n";
    expect(judgeSshConfig(safe, { stack: "stage" })).toEqual([]);
    expect(judgeSshConfig("stricthostkeychecking accept-new\ncontrolmaster false\n", { stack: "stage" }).map(({ level }) => level)).toEqual(
        ["warning", "warning"],
    );
    expect(judgeSshConfig(safe.replace("true", "no"), { stack: "stage" })[0]!.what).toContain("the host's key is not checked");
});
