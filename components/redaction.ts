import * as pulumi from "@pulumi/pulumi";

/** The secrets that this run knows so far. */
const hidden = new Set<string>();

/** A secret that what a failed run prints does not show. */
export function hide(text: pulumi.Input<string>): pulumi.Output<string> {
    pulumi.output(text).apply((known) => void hidden.add(known));
    return pulumi.secret(text);
}

/** The text without secrets, by default those that this run knows. One of less than six characters could be part of any word. */
export function withoutSecrets(text: string, secrets = [...hidden]): string {
    return secrets
        .map((secret) => secret.trim())
        .filter((secret) => secret.length >= 6)
        .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}
