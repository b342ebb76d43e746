import { z } from "zod";

// Reserved top-level domains: pgAdmin (email-validator 2.3.0) refuses them unless a setting allows them.
const special = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/** An address that pgAdmin accepts as a login. It accepts a few others, too, but refuses none of these. */
export const emailAddress = z
    .email("must be an e-mail address as pgAdmin takes it: NAME@HOST.DOMAIN, of ASCII letters, digits and . _ + -")
    .max(254, "must have at most 254 characters")
    // The image puts it into a line of Python between single quotes.
    .refine((address) => !address.includes("'"), "must not contain a quote: pgAdmin's image would not start")
    .refine(
        (address) => domainOf(address).length <= 253 && labels(address).every((label) => label.length <= 63),
        "must have a domain whose parts are 63 characters at most",
    )
    .refine(
        (address) => labels(address).every((label) => !/-$|^..--/.test(label)),
        "must have a domain whose parts don't end with a dash and have no two dashes in third place (so no xn--)",
    );

const domainOf = (address: string) => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
const labels = (address: string) => domainOf(address).split(".");

/** pgAdmin's setting that allows the reserved domain of this address, as Python; empty for an ordinary address. */
export function emailSettings(address: string): string[] {
    const domain = labels(address).at(-1)!;
    return special.includes(domain) ? [`PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS=['${domain}']`] : [];
}
