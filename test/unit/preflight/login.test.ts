import { judgeLogin } from "../../../preflight/login";
import { settingsOf } from "../fixture";

const oidc = { oidcIssuer: "https://id.example.com", oidcClientId: "pgadmin", pgadminEgress: true };
const said = (overrides: Parameters<typeof settingsOf>[0]) =>
    judgeLogin(settingsOf(overrides)).map(({ level, what, fix }) => `${level}: ${what}. ${fix}`);

test("a stack without an identity provider has nothing to warn of", () => expect(said({})).toEqual([]));

test("settings without effect are named, with the commands that remove them", () => {
    expect(said({ adminUi: "none", pgadminPort: 5050 })).toEqual([
        "warning: adminUi is none, so these settings have no effect: pgadminEmail, pgadminPort. pulumi config set --stack stage adminUi pgadmin, " +
            "or remove them: pulumi config rm --stack stage pgadminEmail; pulumi config rm --stack stage pgadminPort",
    ]);
});

test("a provider that pgAdmin can't reach stops the run", () => {
    const inside = { ...oidc, pgadminEgress: false, oidcAllow: ["groups=dba"] };
    expect(said(inside)).toEqual([
        "error: oidcIssuer: pgAdmin reaches only the pooler, so nobody could log in with https://id.example.com. " +
            "pulumi config set --stack stage pgadminEgress true",
    ]);
    expect(said({ ...inside, pgadminDomain: "pgadmin.example.com" })).toEqual([]);
});

test("a provider that lets everybody in is warned of, unless a claim or an administrator decides", () => {
    expect(said(oidc)).toEqual([expect.stringMatching(/^warning: oidcAllow is empty: everybody whom https:\/\/id\.example\.com lets in/)]);
    expect(said({ ...oidc, oidcAllow: ["groups=dba"] })).toEqual([]);
    expect(said({ ...oidc, oidcCreateUsers: false })).toEqual([]);
});

test("plain HTTP to the provider is warned of", () => {
    expect(said({ ...oidc, oidcIssuer: "http://id.example.com", oidcAllow: ["groups=dba"] })).toEqual([
        "warning: oidcIssuer: pgAdmin sends its client secret and the users' tokens to http://id.example.com in plain text. " +
            "pulumi config set --stack stage oidcIssuer https://id.example.com",
    ]);
});
