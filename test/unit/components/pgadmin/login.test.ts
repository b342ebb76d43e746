import { loginSettings, oidcConfig } from "../../../../components/pgadmin/login";
import { settingsOf } from "../../fixture";

const oidc = { oidcIssuer: "https://id.example.com/realms/a/", oidcClientId: "pgadmin", oidcClientSecret: "it's \\ $HOME" };
const rendered = (overrides: Parameters<typeof settingsOf>[0]) => loginSettings(settingsOf(overrides), "/secret");

test("the defaults lock after three wrong passwords, end a session after a day, and leave the second factor to the user", () => {
    expect(rendered({})).toEqual([
        "PGADMIN_CONFIG_MAX_LOGIN_ATTEMPTS=3",
        "PGADMIN_CONFIG_SESSION_EXPIRATION_TIME=1",
        "PGADMIN_CONFIG_MFA_ENABLED=True",
        "PGADMIN_CONFIG_MFA_FORCE_REGISTRATION=False",
        "PGADMIN_CONFIG_MFA_SUPPORTED_METHODS=['authenticator']",
    ]);
});

test.each([
    ["off", "False", "False"],
    ["required", "True", "True"],
])("pgadminMfa %s", (pgadminMfa, enabled, forced) => {
    const envs = rendered({ pgadminMfa });
    expect(envs).toContain(`PGADMIN_CONFIG_MFA_ENABLED=${enabled}`);
    expect(envs).toContain(`PGADMIN_CONFIG_MFA_FORCE_REGISTRATION=${forced}`);
});

test("the client secret is in no variable, only the file that has it", () => {
    const envs = rendered(oidc);
    expect(envs.join("\n")).not.toContain("HOME");
    expect(envs).toContain("SIDECAR_OIDC_SECRET_FILE=/secret");
    expect(rendered({ ...oidc, oidcClientSecret: "" }).join("\n")).not.toContain("SECRET_FILE");
});

test("the provider comes as one line of JSON in pgAdmin's own terms, with PKCE and without what is not set", () => {
    const line = rendered(oidc).find((env) => env.startsWith("SIDECAR_OIDC="))!;
    expect(line).not.toContain("\n");
    expect(JSON.parse(line.slice("SIDECAR_OIDC=".length))).toEqual({
        AUTHENTICATION_SOURCES: ["oauth2", "internal"],
        OAUTH2_AUTO_CREATE_USER: true,
        OAUTH2_CONFIG: [
            {
                OAUTH2_NAME: "oidc",
                OAUTH2_DISPLAY_NAME: "OpenID Connect",
                OAUTH2_ICON: "fa-openid",
                OAUTH2_CLIENT_ID: "pgadmin",
                OAUTH2_SERVER_METADATA_URL: "https://id.example.com/realms/a/.well-known/openid-configuration",
                OAUTH2_SCOPE: "openid email profile",
                OAUTH2_USERNAME_CLAIM: "email",
                OAUTH2_CHALLENGE_METHOD: "S256",
                OAUTH2_RESPONSE_TYPE: "code",
            },
        ],
    });
});

test("who may log in goes by claim; the password's way can be closed", () => {
    const settings = settingsOf({ ...oidc, oidcAllow: ["groups=dba", "hd=example.com", "groups=a=b"], oidcPasswordLogin: false });
    const { AUTHENTICATION_SOURCES, OAUTH2_CONFIG } = oidcConfig(settings);
    expect(AUTHENTICATION_SOURCES).toEqual(["oauth2"]);
    expect(OAUTH2_CONFIG[0]).toMatchObject({ OAUTH2_ADDITIONAL_CLAIMS: { groups: ["dba", "a=b"], hd: ["example.com"] } });
});
