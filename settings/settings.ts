import * as pulumi from "@pulumi/pulumi";
import { adminUsersOf } from "./adminusers";
import { findUnusableCertificates } from "./certificates";
import { DatabaseServer, readDatabaseServer } from "./databaseserver";
import { DockerHost, readDocker } from "./docker";
import { Mistakes } from "./mistakes";
import { refusePlainSecrets } from "./plainsecrets";
import { readOwnSettings } from "./project";
import { RawConfig } from "./raw";
import { findContradictions } from "./rules";
import { Key, OwnSettings } from "./schema";
import { refuseLongStackName } from "./stackname";

/** All inputs of the program, checked. Pulumi.yaml has the defaults and the meaning of the project's own settings. */
export interface Settings extends OwnSettings {
    stack: string;
    databaseServer: DatabaseServer;
    docker: DockerHost;
    /** Settings that are set but have no effect, because the stack has no pgAdmin. */
    unused: Key[];
}

/** Checks `raw` and returns the settings, or throws one `SettingsError` that lists every mistake. */
export function parseSettings(raw: RawConfig): Settings {
    const mistakes = new Mistakes(raw.stack);
    const own = readOwnSettings(raw, mistakes);
    refusePlainSecrets(raw, mistakes);
    const databaseServer = readDatabaseServer(raw, mistakes);
    const docker = readDocker(raw, mistakes);
    if (!own) throw mistakes.error();
    const settings = { ...own, adminUsers: adminUsersOf(own, databaseServer, mistakes), stack: raw.stack, databaseServer, docker };
    findContradictions(settings, mistakes);
    refuseLongStackName(raw.project, settings, mistakes);
    findUnusableCertificates(own, mistakes);
    if (mistakes.any) throw mistakes.error();
    return settings;
}

/** Reads the settings of the stack that runs. */
export function readSettings(): Settings {
    return parseSettings({
        project: pulumi.getProject(),
        stack: pulumi.getStack(),
        values: pulumi.runtime.allConfig(),
        // The SDK reads these from its environment, but exports no function that returns them.
        secretKeys: JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[],
        env: process.env,
    });
}

export { type DockerHost, defaultHost } from "./docker";
