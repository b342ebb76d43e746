import * as fs from "fs";
import * as net from "net";
import * as os from "os";
import * as path from "path";
import * as tls from "tls";
import { freePort } from "../../../lab/identity";
import { Authority } from "../../e2e/support/authority";
import { outside } from "../../e2e/support/outside";
import { attempt } from "../../../lab/run";
import { psql } from "../../e2e/support/clients";
import { changing, pulumi, removeConfig, setConfig, up, useStack } from "../../e2e/support/stack";

// The lab's engine as one behind TCP and TLS, which takes clients of its own CA only.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-tls-"));
const client = path.join(folder, "client");
const on = useStack("fixes-tcp");
let server: tls.Server;
let port: number;

beforeAll(async () => {
    port = await freePort(2376);
    const authority = await Authority.make(folder);
    await authority.sign("server", path.join(folder, "server"), "IP:127.0.0.1,DNS:localhost");
    await clientOf(authority, client);
    const read = (name: string) => fs.readFileSync(path.join(folder, name));
    const options = { ca: read("ca.pem"), cert: read("server.pem"), key: read("server.key"), requestCert: true, rejectUnauthorized: true };
    server = tls.createServer(options, (socket) => {
        const engine = net.connect(on.env.DOCKER_HOST!.replace("unix://", ""));
        for (const [one, other] of [[socket, engine], [engine, socket]] as const) one.on("error", () => other.destroy()).pipe(other); // prettier-ignore
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await setConfig(on, "docker:host", `tcp://127.0.0.1:${port}`);
});

afterAll(async () => {
    await setConfig(on, "docker:host", on.env.DOCKER_HOST!);
    await removeConfig(on, "docker:certPath");
    await up(on);
    server.close();
    fs.rmSync(folder, { recursive: true });
});

/** A folder as Docker's own tools want it: ca.pem, cert.pem and key.pem. */
async function clientOf(authority: Authority, to: string): Promise<void> {
    await authority.sign("client", path.join(to, "cert"));
    fs.renameSync(path.join(to, "cert.key"), path.join(to, "key.pem"));
    fs.copyFileSync(authority.file, path.join(to, "ca.pem"));
}

test("without a certificate, or with another CA's, it says so and changes nothing", async () => {
    const before = await outside(on);
    const said = async () => {
        const { code, stdout } = await pulumi(on, ["up", ...changing]);
        expect(code).not.toBe(0);
        return stdout;
    };
    const plain = await said();
    expect(plain).toMatch(/the Docker engine at tcp:\/\/127\.0\.0\.1:\d+ can't be reached from here/);
    expect(plain).toContain("pulumi config set --stack local docker:certPath FOLDER");
    const stranger = path.join(folder, "stranger");
    await clientOf(await Authority.make(path.join(folder, "other")), stranger);
    await setConfig(on, "docker:certPath", stranger);
    expect(await said()).toMatch(
        new RegExp(`can't be reached from here \\(.*certificate.*\\)\\s+Fix: ca\\.pem in ${stranger} is not the CA of the engine's`),
    );
    fs.copyFileSync(path.join(folder, "ca.pem"), path.join(stranger, "ca.pem")); // the engine's; our own is another CA's still
    expect(await said()).toMatch(
        /can't be reached from here \((.*alert.*|socket hang up)\)\s+Fix: the engine accepts only certificates that its own CA signed/,
    );
    await setConfig(on, "docker:certPath", path.join(folder, "none"));
    expect(await said()).toMatch(
        /can't be reached from here \(.*no such file .*ca\.pem.*\)\s+Fix: put ca\.pem, cert\.pem and key\.pem into/,
    );
    fs.mkdirSync(path.join(folder, "none"));
    for (const name of ["ca.pem", "cert.pem", "key.pem"]) fs.copyFileSync(path.join(client, name), path.join(folder, "none", name)); // as it says
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
    await setConfig(on, "docker:host", `tcp://127.0.0.1:${await freePort(2400)}`);
    expect(await said()).toContain("nothing listens there");
    await setConfig(on, "docker:host", `tcp://127.0.0.1:${port}`);
    expect(await outside(on)).toEqual(before);
});

test("with one the stack is unchanged, reloads and is verified through it", async () => {
    await setConfig(on, "docker:certPath", client);
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
    await setConfig(on, "docker:host", `tcp://localhost:${port}`); // by a name, too
    expect((await pulumi(on, ["preview", "--expect-no-changes"])).code).toBe(0);
    await setConfig(on, "defaultPoolSize", "14");
    try {
        const before = on.out.pgbouncerContainer;
        await on.up();
        expect(on.out.pgbouncerContainer).toBe(before);
        expect((await psql(on, on.out, "pgbouncer", "SHOW CONFIG")).stdout).toMatch(/^default_pool_size\|14\|/m);
        const ran = await attempt("./sidecar", ["verify", "--stack", "local"], { env: on.env });
        expect(ran.stdout).toMatch(/ 0 failed,/);
        expect(ran.code).toBe(0);
    } finally {
        await removeConfig(on, "defaultPoolSize"); // the `up` at the end of the file deploys it
    }
});
