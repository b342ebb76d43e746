import { X509Certificate } from "crypto";
import { certificatesDir, isOwnAuthority, verifies } from "../../../components/pgbouncer/tls";
import { configSet } from "../../../findings/commands";
import { exec } from "../../../host/exec";
import { Check, daysToRenew, failed, ok, Outcome, skipped, warning } from "../check";
import { runningContainer } from "../containers";
import { pooledBackends, poolerHidden, unseen } from "../headroom";
import { program } from "../programs";
import { inPooler, lastLine, query, queryJson, reason, words } from "../sessions";
import { replacePooler, Target } from "../target";

/** How some of the pooler's backends connect, as pg_stat_ssl has it. */
export interface BackendTls {
    ssl: boolean;
    version: string;
    cipher: string;
    backends: number;
}

const noneSeen = `pg_stat_ssl shows none of the pooler's backends: ${unseen}`;

/** Whether the backends use the TLS that is set. */
export function judgeBackends(found: BackendTls[], mode: Target["deployed"]["serverTlsSslmode"], up: string): Outcome {
    const count = (ssl: boolean) => found.filter((one) => one.ssl === ssl).reduce((sum, { backends }) => sum + backends, 0);
    const how = found.filter(({ ssl }) => ssl).map(({ version, cipher }) => `${version}, ${cipher}`);
    const saw = `${mode}: ${count(true)} backends with TLS${how.length > 0 ? ` (${how.join("; ")})` : ""}, ${count(false)} without`;
    if (count(true) + count(false) === 0) return failed(`${mode}: ${noneSeen}`);
    const strict = mode === "require" || verifies(mode);
    return strict && count(false) > 0 ? failed(saw, `${replacePooler(up)}   (if it stays so once open transactions have ended)`) : ok(saw);
}

/** What a handshake with the pooler saw; times are seconds since 1970. */
export interface Handshake {
    version: string;
    cipher: string;
    /** Whether pgAdmin's own entry has the CA. One that is shared with an identity provider's users can't. */
    checks: boolean;
    /** The name of the CA that has signed the certificate. */
    issuer: string;
    until: number;
    authorityUntil: number;
}

/** Whether the certificate and its CA are valid for long enough. */
export function judgeHandshake(
    { version, cipher, checks, issuer, until, authorityUntil }: Handshake,
    { owner, stack, upCommand: up }: Pick<Target, "owner" | "stack" | "upCommand">,
    now = new Date(),
): Outcome {
    const days = (seconds: number) => daysUntil(seconds * 1000, now);
    const saw = `${version}, ${cipher}; the certificate is valid for ${days(until)} days, its CA (${issuer}) for ${days(authorityUntil)}${checks ? "" : "; pgAdmin's shared entry uses TLS without checking it"}`;
    const ours = isOwnAuthority(issuer, owner);
    if (days(authorityUntil) < daysToRenew) {
        return warning(saw, ours ? `${up} --replace '**Stash::pgbouncer-ca'` : configSet({ stack }, "clientTlsCa", "< ca.pem"));
    }
    if (days(until) < daysToRenew) return warning(saw, renewal(ours, { stack, upCommand: up }));
    return ok(saw);
}

const daysUntil = (time: number, now: Date) => Math.floor((time - now.getTime()) / 86_400_000);
/** What renews the pooler's certificate. The stack's own is renewed by each first `up` of a period. */
const renewal = (ours: boolean, { stack, upCommand }: Pick<Target, "stack" | "upCommand">) =>
    ours ? upCommand : configSet({ stack }, "clientTlsCert", "< cert.pem");

/** Whether the certificate in the pooler's file is valid for long enough: where no pgAdmin is there to shake hands. */
export function judgeCertificate(pem: string, target: Pick<Target, "owner" | "stack" | "upCommand">, now = new Date()): Outcome {
    const { validTo, issuer } = new X509Certificate(pem);
    const days = daysUntil(Date.parse(validTo), now);
    const saw = `the certificate is valid for ${days} days; there is no pgAdmin to check it from`;
    const ours = isOwnAuthority(/^CN=(.*)$/m.exec(issuer)?.[1] ?? "", target.owner);
    return days < daysToRenew ? warning(saw, renewal(ours, target)) : ok(saw);
}

/** Connects as pgAdmin does, from its container and with its CA. Without pgAdmin, looks at the pooler's certificate. */
async function shakeHands(target: Target): Promise<Outcome> {
    const { clientTlsSslmode, pgbouncerAlias, listenPort } = target.deployed;
    if (clientTlsSslmode === "disable") return skipped("clientTlsSslmode is disable");
    const name = target.outputs.pgadminContainer;
    if (name === undefined) {
        const file = `${certificatesDir}/client-cert.pem`;
        const read = await inPooler(target, `exec ${words("cat", file)}`);
        return read.code === 0 ? judgeCertificate(read.stdout, target) : failed(reason(read), replacePooler(target.upCommand));
    }
    await runningContainer(target, name);
    const command = ["/venv/bin/python3", "-c", program("handshake.py"), pgbouncerAlias, String(listenPort)];
    const ran = await exec(target.docker, name, ["timeout", "25", ...command]);
    if (ran.code !== 0) return failed(lastLine(ran), `${target.upCommand} --refresh`);
    return judgeHandshake(JSON.parse(ran.stdout) as Handshake, target);
}

export const tlsChecks: Check[] = [
    {
        id: "tls-database",
        proves: "the pooler's backends use TLS as serverTlsSslmode says",
        needs: ["query"],
        run: async (target) => {
            const database = target.deployed.databases[0]!;
            await query(target, "pooled", database, "SELECT 1"); // so that there is one
            const sql = program("backends-tls.sql", { pooled: await pooledBackends(target) });
            const found = await queryJson<BackendTls[]>(target, "direct", database, sql);
            if (found.length === 0 && (await poolerHidden(target))) return skipped(noneSeen);
            return judgeBackends(found, target.deployed.serverTlsSslmode, target.upCommand);
        },
    },
    { id: "tls-clients", proves: "the pooler answers pgAdmin with a certificate that its CA has signed, and that lasts", run: shakeHands },
];
