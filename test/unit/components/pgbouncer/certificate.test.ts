import { createPrivateKey, X509Certificate } from "crypto";
import * as pulumi from "@pulumi/pulumi";
import {
    Certified,
    expiry,
    makeAuthority,
    makeCertificate,
    period,
    periodDays,
    PoolerCertificate,
} from "../../../../components/pgbouncer/certificate";

const day = 86_400_000;
const now = new Date("2026-11-26T12:00:00Z");
const inDays = (days: number) => new Date(now.getTime() + days * day);
/** The first moment of the period after that of `now`. */
const next = new Date((period(now) + 1) * periodDays * day);

test("the certificate is for the pooler's name and its loopback, signed by a CA that may sign nothing below it", async () => {
    const authority = await makeAuthority("pg-sidecar/stage", now);
    const made = await makeCertificate(authority, "pool", now);
    const [ca, cert] = [new X509Certificate(authority.cert), new X509Certificate(made.cert)];
    expect(ca.ca).toBe(true);
    expect(ca.subject).toBe("CN=pg-sidecar pg-sidecar/stage");
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(cert.ca).toBe(false);
    expect(cert.checkIssued(ca) && cert.verify(ca.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect([cert.checkHost("pool"), cert.checkHost("localhost"), cert.checkIP("127.0.0.1")]).toEqual(["pool", "localhost", "127.0.0.1"]);
    expect(cert.checkHost("elsewhere")).toBeUndefined();
    expect(cert.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]); // a server's
});

test("it is valid until the end of the next period, and so for half of its time when the next one is due", async () => {
    const until = async (at: Date) =>
        new Date(new X509Certificate((await makeCertificate(await makeAuthority("a", at), "a", at)).cert).validTo);
    for (const at of [now, next, new Date(next.getTime() - 1)]) {
        expect(await until(at)).toEqual(expiry(at));
        const days = (expiry(at).getTime() - at.getTime()) / day;
        expect(days).toBeGreaterThan(periodDays - 1);
        expect(days).toBeLessThanOrEqual(2 * periodDays);
    }
    expect(period(next)).toBe(period(now) + 1);
    expect(period(new Date(next.getTime() - 1))).toBe(period(now));
});

describe("in the stack's state", () => {
    interface Request {
        getType(): string;
        getName(): string;
        getIgnorechangesList(): string[];
        getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
        getObject(): { toJavaScript(): { input?: Record<string, unknown> } };
    }
    let registered: Request[];
    let made: Certified;

    beforeAll(async () => {
        made = await makeAuthority("pg-sidecar/stage", now);
        await pulumi.runtime.setMocks({
            // The state has a CA already, which it keeps.
            newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: name.endsWith("-ca") ? { ...inputs, output: made } : { ...inputs, output: inputs.input } }), // prettier-ignore
            call: ({ inputs }) => inputs,
        });
        const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: (request: Request, ...rest: unknown[]) => unknown };
        const register = monitor.registerResource.bind(monitor);
        monitor.registerResource = (request, ...rest) => {
            registered.push(request);
            return register(request, ...rest);
        };
    });
    beforeEach(() => (registered = []));

    const promise = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

    /** What is asked for at this time, and the certificate that the pooler gets. */
    async function at(time: Date, alias = "pgbouncer") {
        const certificate = new PoolerCertificate("pgbouncer", { owner: "pg-sidecar/stage", alias, now: time });
        const certified = await promise(certificate.certified);
        const stash = (name: string) => registered.find((one) => one.getName() === name)!;
        return { certified, ca: await promise(certificate.ca), trigger: JSON.stringify(stash("pgbouncer-certificate").getReplacementTrigger()?.toJavaScript()), stash };
    } // prettier-ignore

    test("both are secrets that a later run does not change, and the certificate is of the CA in the state", async () => {
        const { certified, ca, stash } = await at(now);
        expect(ca).toBe(made.cert);
        expect(new X509Certificate(certified.cert).verify(new X509Certificate(made.cert).publicKey)).toBe(true);
        for (const name of ["pgbouncer-ca", "pgbouncer-certificate"]) {
            expect(stash(name).getIgnorechangesList()).toEqual(["input"]);
            const input = stash(name).getObject().toJavaScript().input!;
            expect(Object.values(input)).toContain("1b47061264138c4ac30d75fd1eb44270"); // the mark of a secret
        }
        expect(await pulumi.isSecret(new PoolerCertificate("other", { owner: "a/b", alias: "c", now }).certified)).toBe(true);
    });

    test("it is replaced in another period, for another name, and for nothing else", async () => {
        const { trigger } = await at(now);
        registered = [];
        expect((await at(inDays(1))).trigger).toBe(trigger);
        registered = [];
        expect((await at(next)).trigger).not.toBe(trigger);
        registered = [];
        expect((await at(now, "pool")).trigger).not.toBe(trigger);
    });
});
