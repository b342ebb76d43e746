import { configRemove, configSet } from "../findings/commands";
import { error, Finding, warning } from "../findings/finding";
import { Settings } from "../settings/settings";

/** Warns of settings that have no effect without pgAdmin, and of ways into pgAdmin that are wider than somebody may expect. */
export function judgeLogin(settings: Settings): Finding[] {
    return [...judgeUnused(settings), ...judgeWay(settings), ...judgeEverybody(settings), ...judgePlainHttp(settings)];
}

function judgeUnused(settings: Settings): Finding[] {
    const { unused } = settings;
    if (unused.length === 0) return [];
    return [
        warning(
            `adminUi is none, so these settings have no effect: ${unused.join(", ")}`,
            `${configSet(settings, "adminUi", "pgadmin")}, or remove them: ${unused.map((key) => configRemove(settings, key)).join("; ")}`,
        ),
    ];
}

/** pgAdmin itself asks the provider. Only the proxy's network or the sidecar's, if it is open, leads there. */
function judgeWay(settings: Settings): Finding[] {
    const { oidcIssuer, pgadminDomain, pgadminEgress } = settings;
    if (oidcIssuer === "" || pgadminDomain !== "" || pgadminEgress) return [];
    return [
        error(
            `oidcIssuer: pgAdmin reaches only the pooler, so nobody could log in with ${oidcIssuer}`,
            configSet(settings, "pgadminEgress", "true"),
        ),
    ];
}

function judgeEverybody(settings: Settings): Finding[] {
    const { oidcIssuer, oidcAllow, oidcCreateUsers } = settings;
    if (oidcIssuer === "" || oidcAllow.length > 0 || !oidcCreateUsers) return [];
    return [
        warning(
            `oidcAllow is empty: everybody whom ${oidcIssuer} lets in becomes a user of this pgAdmin`,
            `${configSet(settings, "--path 'oidcAllow[0]'", "CLAIM=VALUE")}, or create the users by hand: ${configSet(settings, "oidcCreateUsers", "false")}`,
        ),
    ];
}

/** The client secret and the users' tokens would cross the network in plain text. */
function judgePlainHttp(settings: Settings): Finding[] {
    return (["oidcIssuer", "oidcUserinfoUrl"] as const)
        .filter((key) => settings[key].startsWith("http://"))
        .map((key) =>
            warning(
                `${key}: pgAdmin sends its client secret and the users' tokens to ${settings[key]} in plain text`,
                configSet(settings, key, settings[key].replace("http:", "https:")),
            ),
        );
}
