import { sshFix } from "../../../host/sshfix";

const far = { host: "ssh://me@[::1]:2222", sshOpts: ["-o", "ControlPath=~/.ssh/pg-sidecar-%C"] };

test.each([
    ["me@host: Permission denied (publickey).", "ssh-add"],
    ["Received disconnect from ::1 port 22:2: Too many authentication failures", "IdentitiesOnly yes"],
    ["No ED25519 host key is known for [::1]:2222 and you have requested strict checking.", "ssh -p 2222 me@::1 true"],
    ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "ssh-keygen -R '[::1]:2222'"],
    ["bash: line 1: docker: command not found", "install Docker"],
    [
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "usermod -aG docker me; then here, ssh -o ControlPath=~/.ssh/pg-sidecar-%C -O exit -p 2222 me@::1",
    ],
    [
        "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied",
        "usermod -aG docker me; then here, ssh",
    ],
    [
        "failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: no such file or directory",
        "systemctl start docker",
    ],
    ["failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: connection refused", "systemctl start docker"],
    [
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "ssh -p 2222 me@::1 systemctl start docker",
    ],
    ["ssh: connect to host 192.0.2.1 port 22: Connection timed out", "check that the host is up"],
    ["ssh: connect to host 192.0.2.1 port 22: Connection refused", "start sshd there"],
    ["ssh: Could not resolve hostname nowhere.example: Name or service not known", "take its address"],
    ["Connection timed out during banner exchange", "check that the host is up"],
    ["Timeout, server host not responding.", "check that the host is up"],
    ["kex_exchange_identification: Connection closed by remote host", "check that the host is up"],
    ["Bad owner or permissions on /root/.ssh/config", "chmod 600 ~/.ssh/config"],
    ["/root/.ssh/config: line 3: Bad configuration option: hots", "take the line that it names out"],
    ["spawn ssh ENOENT", "install ssh's client"],
    ["unix_listener: cannot bind to path /root/.ssh/x: No such file or directory", "mkdir -p -m 700 ~/.ssh"],
])("%s has a fix", (message, fix) => expect(sshFix(far, message, { stack: "stage" })).toContain(fix));

test("a database that refuses what the tunnel forwards has no fix among ssh's", () => {
    expect(sshFix(far, "channel 2: open failed: connect failed: Connection refused", { stack: "stage" })).toBeUndefined();
});
