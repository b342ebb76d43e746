import { configRemove, configSet, OfStack, shortName } from "../../findings/commands";

/** The commands with which the pooler does without TLS if the database has none. `hasCa` is whether serverTlsCa is set. */
export const preferTls = (stack: OfStack, hasCa: boolean) =>
    // The settings refuse a CA beside a mode that checks no certificate.
    [configSet(stack, "serverTlsSslmode", "prefer"), ...(hasCa ? [configRemove(stack, "serverTlsCa")] : [])].join("; ");

/**
 * What fixes a refusal of the database or of its certificate, by pgbouncer's words; undefined for other words. `owner` is
 * `project/stack`, and `hasCa` is whether serverTlsCa is set.
 */
export function fixOf(said: string, owner: string, hasCa: boolean): string | undefined {
    const stack = shortName(owner);
    const set = (key: string, value: string) => configSet({ stack }, key, value);
    if (/certificate verify failed/.test(said)) {
        return `the database's certificate has expired, or no CA of serverTlsCa has signed it: give the database another one, or ${set("serverTlsCa", "< ca.pem")}`;
    }
    if (/not present in server certificate/.test(said)) {
        return `give the database a certificate for databaseHost, or check its CA only: ${set("serverTlsSslmode", "verify-ca")}`;
    }
    if (/server refused SSL/.test(said)) {
        return `turn TLS on in the database (ssl = on), or do without: ${preferTls({ stack }, hasCa)}`;
    }
    if (/no encryption/.test(said)) return `the database takes logins with TLS only: ${set("serverTlsSslmode", "require")}`;
    return undefined;
}
