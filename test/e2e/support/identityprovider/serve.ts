import Provider from "oidc-provider";
import { Served } from "./identityprovider";

// A whole OpenID Connect provider, for a test: it takes any password, and knows each login as LOGIN@example.com. `ann` is in the
// group dba, everybody else in sales. It says READY once it listens, and ends with its standard input.

const { issuer, port, client } = JSON.parse(process.env.SERVED!) as Served;

const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], email: ["email"], profile: ["groups"] },
    conformIdTokenClaims: false, // as most providers do, it puts the claims into the ID token
    cookies: { keys: ["of-a-test"] },
    pkce: { required: () => true },
    findAccount: (_, login) => ({
        accountId: login,
        claims: () => ({ sub: login, email: `${login}@example.com`, groups: [login === "ann" ? "dba" : "sales"] }),
    }),
});
const server = provider.listen(port, new URL(issuer).hostname, () => console.log("READY"));
process.stdin.resume().on("end", () => {
    server.closeAllConnections();
    server.close();
    process.exit();
});
