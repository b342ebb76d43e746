import { dialStdio, sshArguments } from "../../../host/ssh";

test("ssh is called as the provider does, with what is given first winning over the stack's options", () => {
    expect(
        sshArguments({ host: "ssh://me@host:2222", sshOpts: ["-o", "BatchMode=yes"] }, ["docker", "version"], ["-o", "ControlPath=none"]),
    ).toEqual("-o ControlPath=none -o BatchMode=yes -p 2222 -- me@host docker version".split(" "));
});

test("an IPv6 address goes to ssh without brackets, a login without its escapes, and a path is the engine's socket", () => {
    const docker = { host: "ssh://me%40corp@[::1]:2222", sshOpts: [] };
    expect(sshArguments(docker, ["true"])).toEqual(["-p", "2222", "--", "me@corp@::1", "true"]);
    expect(dialStdio(docker.host).join(" ")).toBe("docker system dial-stdio");
    expect(dialStdio("ssh://me@host/run/docker.sock").join(" ")).toBe("docker --host=unix:///run/docker.sock system dial-stdio");
});
