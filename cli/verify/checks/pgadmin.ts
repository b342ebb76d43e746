import * as https from "https";
import { TLSSocket } from "tls";
import { exec } from "../../../host/exec";
import { trustCa } from "../../../host/unknownca";
import { Check, daysToRenew, failed, noPgadmin, ok, Outcome, skipped, warning } from "../check";
import { runningContainer } from "../containers";
import { judgeVulnerabilities } from "../judgevulnerabilities";
import { program } from "../programs";
import { lastLine, words } from "../sessions";
import { Target } from "../target";
import { ofPgadmin, PgadminConfig } from "../vulnerabilities";

const answer = "PING";

async function ping(target: Target): Promise<Outcome> {
    const name = target.outputs.pgadminContainer;
    if (name === undefined) return noPgadmin;
    await runningContainer(target, name);
    const ran = await exec(target.docker, name, ["/venv/bin/python3", "-c", program("pgadmin-ping.py")]);
    if (ran.code !== 0) return failed(lastLine(ran), `${target.dockerCommand} logs --tail 20 ${words(name)}`);
    return ran.stdout.trim() === answer ? ok(answer) : failed(`it answers ${ran.stdout.trim().slice(0, 80)}`);
}

async function vulnerabilities({ docker, outputs, stack, deployed }: Target): Promise<Outcome> {
    const name = outputs.pgadminContainer;
    if (name === undefined) return noPgadmin;
    const ran = await exec(docker, name, ["/venv/bin/python3", "-c", program("pgadmin-facts.py")]);
    if (ran.code !== 0) throw new Error(`pgAdmin's version can't be looked up: ${lastLine(ran)}`);
    const running = JSON.parse(ran.stdout) as { version: string; config: PgadminConfig };
    return judgeVulnerabilities(ofPgadmin, running, { stack, image: deployed.pgadminImage });
}

interface Visit {
    status: number;
    body: string;
    /** Where it redirects to. */
    location?: string | undefined;
    /** When the certificate expires. */
    until: Date;
}

/** Whether the proxy leads to pgAdmin, with a certificate that is valid for long enough. */
export function judgeVisit({ status, body, location, until }: Visit, domain: string, now = new Date()): Outcome {
    const url = `https://${domain}/misc/ping`;
    const days = Math.floor((until.getTime() - now.getTime()) / 86_400_000);
    const valid = `its certificate is valid for ${days} days`;
    const leads = location !== undefined && URL.canParse(location, url) ? new URL(location, url).hostname : domain;
    // pgAdmin itself does neither at this address.
    if (status === 401 || leads !== domain)
        return warning(`a login in front answers ${url} with ${status}${leads === domain ? "" : `, to ${leads}`}; ${valid}`);
    if (status !== 200 || body.trim() !== answer) return failed(`${url} answers ${status}: ${body.trim().slice(0, 80)}`);
    const saw = `https://${domain} answers, ${valid}`;
    return days < daysToRenew ? warning(saw) : ok(saw);
}

/** Why nothing answered, and what helps. */
export const judgeUnvisited = ({ code, message }: NodeJS.ErrnoException, domain: string): Outcome =>
    failed(`https://${domain}/misc/ping: ${message}`, trustCa(code));

function visit(domain: string): Promise<Visit> {
    return new Promise((resolve, reject) => {
        const request = https.get(`https://${domain}/misc/ping`, { timeout: 10_000, agent: false }, (response) => {
            const until = new Date((response.socket as TLSSocket).getPeerCertificate().valid_to);
            let body = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => (body += chunk));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body, until, location: response.headers.location }));
            response.on("error", reject); // the connection broke before the answer's end
        });
        request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
        request.on("error", reject);
    });
}

export const pgadminChecks: Check[] = [
    { id: "pgadmin-ping", proves: "pgAdmin answers", run: ping },
    {
        id: "pgadmin-vulnerabilities",
        proves: "the running pgAdmin has no known vulnerability that is open",
        needs: ["pgadmin-ping"],
        run: vulnerabilities,
    },
    {
        id: "https",
        proves: "pgAdmin answers over HTTPS under its domain, with a valid certificate",
        run: async ({ deployed: { pgadminDomain: domain } }) =>
            domain === ""
                ? skipped("pgadminDomain is not set")
                : visit(domain).then(
                      (seen) => judgeVisit(seen, domain),
                      (cause: Error) => judgeUnvisited(cause, domain),
                  ),
    },
];
