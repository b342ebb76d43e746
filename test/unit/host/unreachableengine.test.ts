import { explainUnreachableEngine } from "../../../host/unreachableengine";

test.each([
    ["unix:///var/run/docker.sock", "connect EACCES /var/run/docker.sock", "usermod -aG docker $USER"],
    ["unix:///var/run/docker.sock", "connect ENOENT /var/run/docker.sock", "sudo systemctl start docker"],
    ["tcp://h:2375", "the Docker engine at tcp://h:2375 answers 400 to /networks: Client sent an HTTP request to an HTTPS server.", "pulumi config set --stack stage docker:certPath FOLDER"],
    ["tcp://h:2376", "write EPROTO 1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number", "pulumi config rm --stack stage docker:certPath"],
    ["tcp://h:2376", "ENOENT: no such file or directory, open '/c/ca.pem'", "put ca.pem, cert.pem and key.pem into /c"],
    ["tcp://h:2376", "certificate has expired", "the engine's certificate has expired"],
    ["tcp://h:2376", "0:error:0A000415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired", "our own certificate has expired"],
    ["tcp://h:2376", "unable to verify the first certificate", "ca.pem in /c is not the CA"],
    ["tcp://h:2376", "0:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca", "accepts only certificates that its own CA signed"],
    ["tcp://h:2376", "socket hang up", "accepts only certificates that its own CA signed"],
    ["tcp://h:2376", "Hostname/IP does not match certificate's altnames: Host: h. is not in the cert's altnames: DNS:x", "is not for h"],
    ["tcp://h:2375", "getaddrinfo ENOTFOUND h", "no DNS server knows h"],
    ["tcp://h:2375", "connect ECONNREFUSED 127.0.0.1:2375", "nothing listens there"],
    ["tcp://h:2375", "no answer within 20 s", "firewall"],
    ["tcp://h:2375", "Parse Error: Expected HTTP/, RTSP/ or ICE/", "not a Docker engine"],
    ["tcp://h:2375", "the Docker engine at tcp://h:2375 answers 403 to /networks: Forbidden", "socket proxy or plugin in front of the engine pass containers, distribution,"],
])("an engine at %s that says %s has a fix", (host, message, fix) => {
    const tls = host.endsWith("2376") ? { tls: { certPath: "/c" } } : {};
    const found = explainUnreachableEngine(new Error(message), { docker: { host, sshOpts: [], ...tls }, stack: "stage" });
    expect(found.what).toBe(`the Docker engine at ${host} can't be reached from here (${message})`);
    expect(found.fix).toContain(fix);
    for (const [, named] of found.fix!.matchAll(/pulumi config (?:set|rm) (\S+ \S+)/g)) expect(named).toBe("--stack stage");
}); // prettier-ignore

test("a folder of certificates is a word of the shell", () => {
    const docker = { host: "tcp://h:2376", sshOpts: [], tls: { certPath: "/my certs" } };
    const { fix } = explainUnreachableEngine(new Error("no start line"), { docker, stack: "stage" });
    expect(fix).toContain("openssl x509 -noout -in '/my certs'/cert.pem && ");
});
