/** Who may log in to pgAdmin, how, and for how long: the settings of these names. */
export interface Login {
    /** Wrong passwords in a row that lock a login; 0 for no limit. */
    pgadminLoginAttempts: number;
    pgadminSessionDays: number;
    pgadminMfa: "off" | "optional" | "required";
    /** Issuer of an OpenID Connect provider; "" for none, and then none of the following counts. */
    oidcIssuer: string;
    oidcClientId: string;
    /** A secret; "" for a public client. */
    oidcClientSecret: string;
    oidcName: string;
    oidcScope: string[];
    oidcUsernameClaim: string;
    /** "" for none. */
    oidcUserinfoUrl: string;
    /** Each as CLAIM=VALUE; one has to match, unless there is none. */
    oidcAllow: string[];
    oidcCreateUsers: boolean;
    oidcPasswordLogin: boolean;
}

const python = (value: boolean) => (value ? "True" : "False");

/** pgAdmin's environment for its logins. It has no secret: config_local.py reads the client's from `secretFile`. */
export function loginSettings(login: Login, secretFile: string): string[] {
    const { pgadminMfa: mfa } = login;
    return [
        `PGADMIN_CONFIG_MAX_LOGIN_ATTEMPTS=${login.pgadminLoginAttempts}`,
        // The image makes gunicorn's time limit for a request from it: a day at least, which cuts no query.
        `PGADMIN_CONFIG_SESSION_EXPIRATION_TIME=${login.pgadminSessionDays}`,
        `PGADMIN_CONFIG_MFA_ENABLED=${python(mfa !== "off")}`,
        `PGADMIN_CONFIG_MFA_FORCE_REGISTRATION=${python(mfa === "required")}`,
        // Its other method sends a code by mail, and this pgAdmin sends none.
        "PGADMIN_CONFIG_MFA_SUPPORTED_METHODS=['authenticator']",
        // For config_local.py, as JSON: the image evaluates a PGADMIN_CONFIG_… in a shell.
        ...(login.oidcIssuer ? [`SIDECAR_OIDC=${JSON.stringify(oidcConfig(login))}`] : []),
        ...(login.oidcIssuer && login.oidcClientSecret ? [`SIDECAR_OIDC_SECRET_FILE=${secretFile}`] : []),
    ];
}

/** pgAdmin's settings for the provider, by pgAdmin's names. */
export function oidcConfig(login: Login) {
    return {
        AUTHENTICATION_SOURCES: login.oidcPasswordLogin ? ["oauth2", "internal"] : ["oauth2"],
        OAUTH2_AUTO_CREATE_USER: login.oidcCreateUsers,
        OAUTH2_CONFIG: [
            {
                OAUTH2_NAME: "oidc",
                OAUTH2_DISPLAY_NAME: login.oidcName,
                OAUTH2_ICON: "fa-openid",
                OAUTH2_CLIENT_ID: login.oidcClientId,
                OAUTH2_SERVER_METADATA_URL: `${login.oidcIssuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
                OAUTH2_SCOPE: login.oidcScope.join(" "),
                OAUTH2_USERNAME_CLAIM: login.oidcUsernameClaim,
                ...(login.oidcUserinfoUrl ? { OAUTH2_USERINFO_ENDPOINT: login.oidcUserinfoUrl } : {}),
                ...(login.oidcAllow.length > 0 ? { OAUTH2_ADDITIONAL_CLAIMS: allowed(login.oidcAllow) } : {}),
                // PKCE: a code that somebody else caught is of no use to them.
                OAUTH2_CHALLENGE_METHOD: "S256",
                OAUTH2_RESPONSE_TYPE: "code",
            },
        ],
    };
}

/** The values that each claim may have. */
function allowed(pairs: string[]): Record<string, string[]> {
    const claims = new Map<string, string[]>();
    for (const pair of pairs) {
        const at = pair.indexOf("=");
        const claim = pair.slice(0, at);
        claims.set(claim, [...(claims.get(claim) ?? []), pair.slice(at + 1)]);
    }
    return Object.fromEntries(claims);
}
