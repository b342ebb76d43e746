import * as fs from "fs";
import * as path from "path";
import { need } from "../../../../lab/machine";
import { run } from "../../../../lab/run";
import { Proxy } from "../proxy";
import { Launch } from "./pgadmin";

/** What makes a Chromium find the proxy under its domain and trust its CA, as a user's does by DNS and a real one. */
export async function trusting({ domain, httpPort, httpsPort, caFile }: Proxy): Promise<Launch> {
    await need("certutil", ["libnss3-tools"], "to make Chromium trust the proxy's CA");
    const home = path.join(path.dirname(caFile), "home");
    const store = path.join(home, ".pki/nssdb"); // Chromium looks there for the CAs that a user added
    fs.rmSync(home, { recursive: true, force: true }); // over a store that is there, certutil asks for its password, for ever
    fs.mkdirSync(store, { recursive: true });
    await run("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
    await run("certutil", ["-d", `sql:${store}`, "-A", "-n", "proxy", "-t", "C,,", "-i", caFile]);
    const rules = `MAP ${domain}:443 127.0.0.1:${httpsPort}, MAP ${domain}:80 127.0.0.1:${httpPort}`;
    return { args: [`--host-resolver-rules=${rules}`], env: { HOME: home } };
}
