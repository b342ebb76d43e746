/** What Node says of a certificate whose CA it does not know. */
export const unknownCa = [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT",
];

/** The fix for a request of Node's own that failed so; undefined if it failed otherwise. */
export const trustCa = (code?: string): string | undefined =>
    code !== undefined && unknownCa.includes(code)
        ? "export NODE_EXTRA_CA_CERTS=FILE   (the CA's certificate in PEM, since Node reads none of the system's; then the same command)"
        : undefined;
