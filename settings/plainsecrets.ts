import { readClientCert } from "./databaseserver";
import { Mistakes } from "./mistakes";
import { RawConfig } from "./raw";
import { secretKeys } from "./schema";

/** Reports secrets that are stored in plain text. */
export function refusePlainSecrets(raw: RawConfig, mistakes: Mistakes): void {
    const own = `${raw.project}:`;
    for (const key of [...secretKeys.map((key) => own + key), "postgresql:password", "docker:keyMaterial"]) {
        if (!raw.values[key] || raw.secretKeys.includes(key)) continue;
        const name = key.startsWith(own) ? key.slice(own.length) : key;
        const fix = mistakes.setSecret(name, /key/i.test(name) ? "< key.pem" : undefined);
        mistakes.add(name, "is a secret, but stored in plain text", `${fix}   (and change it: the plain one is in your files)`);
    }
    refusePlainClientKey(raw, mistakes);
}

/** The same for a client certificate whose key is a text and not a file. Pulumi lists the whole setting if a part of it is a secret. */
function refusePlainClientKey({ values, secretKeys: encrypted, env }: RawConfig, mistakes: Mistakes): void {
    const name = "postgresql:clientcert";
    if (!values[name] || encrypted.includes(name)) return;
    const read = readClientCert(values[name], env);
    if (typeof read !== "object" || !read.inline) return;
    const fix = mistakes.setSecret(`--path ${name}.key`, "< key.pem");
    mistakes.add(
        name,
        "holds its key itself (sslinline), which is a secret, but stored in plain text",
        `${fix}   (and change it: the plain one is in your files)`,
    );
}
