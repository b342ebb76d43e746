import * as fs from "fs";
import { exporterImages } from "../../lab/exporters";
import { Clients } from "../e2e/support/clients";
import { MetricsOutputs, Prometheus } from "../e2e/support/prometheus";
import { proof } from "../e2e/support/proof";
import { Outputs, removeConfig, setConfig, Sidecar, sidecar, up } from "../e2e/support/stack";
import { Fault, faults, Scene, secondPooler } from "./alerts/faults";
import { drawDashboard } from "./alerts/picture";
import { Arguments, numberOption, Proof, Result, textOption } from "./proof";
import { pause } from "./reconnecting";

/** Minutes of load in which a healthy stack has to be quiet. */
const quietMinutes = 10;

export interface Fired {
    alert: string;
    what: string;
    /** Seconds from the fault to the alert; undefined if it did not fire in time. */
    after?: number;
    within: number;
    /** Seconds from the end of the fault to the end of the alert; undefined if it did not end within two minutes. */
    ended?: number;
}

const firing = async (prometheus: Prometheus) =>
    (await prometheus.alerts()).filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname!);

/** Seconds until `done`, or undefined if it takes longer than `within`. */
async function secondsUntil(within: number, done: () => Promise<boolean>): Promise<number | undefined> {
    const from = Date.now();
    while (Date.now() - from < within * 1000) {
        if (await done()) return (Date.now() - from) / 1000;
        await pause(1);
    }
    return undefined;
}

/** Makes a fault, waits for its alerts, takes it back and waits for their end. */
async function fire(scene: Scene, prometheus: Prometheus, { what, fires, make }: Fault, made = make(scene)): Promise<Fired[]> {
    const restore = await made;
    const from = Date.now();
    const waited = Object.entries(fires).map(async ([alert, within]): Promise<Fired> => {
        const after = await secondsUntil(within, async () => (await firing(prometheus)).includes(alert));
        return { alert, what, within, ...(after === undefined ? {} : { after: (Date.now() - from) / 1000 }) };
    });
    const fired = await Promise.all(waited).finally(restore);
    return Promise.all(
        fired.map(async (one) => {
            const ended = await secondsUntil(120, async () => !(await firing(prometheus)).includes(one.alert));
            console.log(`${one.alert}: fired after ${one.after?.toFixed(0) ?? "never"} s, ended after ${ended?.toFixed(0) ?? "never"} s`);
            return { ...one, ...(ended === undefined ? {} : { ended }) };
        }),
    );
}

/** Has clients connect and query for a while, and returns the alerts that fired meanwhile. */
async function quiet({ clients }: Scene, prometheus: Prometheus, minutes: number): Promise<string[]> {
    await clients.node("sleepers.ts", { CLIENTS: "10" }); // fewer than the pool has backends
    await clients.node("reconnect.ts", { PGUSER: "postgres" });
    await clients.shell("reconnect.sh", { PGUSER: "postgres", PGCONNECT_TIMEOUT: "5" });
    await pause(minutes * 60);
    await clients.removeAll();
    const seen = await prometheus.query(`count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${Math.ceil(minutes * 60)}s]))`);
    return seen.map(({ metric }) => metric.alertname!);
}

export interface Measured {
    fired: Fired[];
    /** Alerts that fired on the healthy stack; undefined if that was not asked for. */
    noise?: string[];
}

export function result({ fired, noise }: Measured, { minutes, only }: { minutes: number; only: string[] }): Result {
    const seconds = (value: number | undefined) => (value === undefined ? "never" : `${value.toFixed(0)} s`);
    const all = [...faults, secondPooler].flatMap(({ fires }) => Object.keys(fires));
    const quietly =
        noise === undefined ? "" : ` ${minutes} min of load on a healthy stack fired ${noise.length === 0 ? "none" : noise.join(", ")}.`;
    return {
        passed: fired.every(({ after, ended }) => after !== undefined && ended !== undefined) && (noise ?? []).length === 0,
        partial: all.some((alert) => !only.includes(alert)) || minutes < quietMinutes,
        summary: `A real Prometheus scraped the exporters every 2 s. Each fault was made on the running stack, and taken back once its alert had fired.${quietly}`,
        head: ["alert", "fault", "fired after", "at most", "ended after"],
        rows: fired.map(({ alert, what, after, within, ended }) => [alert, what, seconds(after), `${within} s`, seconds(ended)]),
    };
}

async function measure(on: Sidecar, minutes: number, only: string[]): Promise<Measured> {
    const settings = { ...(await exporterImages(on.lab.registryPort)), metrics: "true", serverResetQueryAlways: "false" };
    for (const [key, value] of Object.entries(settings)) await setConfig(on, key, value);
    const clients = new Clients(on);
    let prometheus: Prometheus | undefined;
    try {
        const out = (await up(on)) as Outputs & MetricsOutputs;
        prometheus = await Prometheus.start(on, out);
        const scene = { on, clients, out };
        await pause(20); // until all is scraped
        const from = Date.now();
        const noise = minutes > 0 ? await quiet(scene, prometheus, minutes) : undefined;
        const wanted = ({ fires }: Fault) => Object.keys(fires).some((alert) => only.includes(alert));
        // It is made before the others begin: an engine may wait for ever with a command in a container that is frozen.
        const made = wanted(secondPooler) ? secondPooler.make(scene) : undefined;
        await made;
        const beside = made ? fire(scene, prometheus, secondPooler, made) : Promise.resolve([]);
        const fired: Fired[] = [];
        for (const fault of faults.filter(wanted)) fired.push(...(await fire(scene, prometheus, fault)));
        fired.push(...(await beside));
        fs.writeFileSync(proof("dashboard.svg"), await drawDashboard(prometheus, Math.ceil((Date.now() - from) / 60_000)));
        return { fired, ...(noise ? { noise } : {}) };
    } finally {
        await clients.removeAll();
        await prometheus?.stop();
        for (const key of Object.keys(settings)) await removeConfig(on, key);
        await up(on);
    }
}

export const alertsProof: Proof = {
    name: "alerts",
    proves: "each alert fires within its time when its fault is there, ends with it, and none fires on a healthy stack under load",
    options: [
        textOption("only", "alerts, with commas between them"),
        numberOption("minutes", `minutes of load in which none may fire (${quietMinutes})`),
    ],
    run: async (args: Arguments): Promise<Result> => {
        const all = [...faults, secondPooler].flatMap(({ fires }) => Object.keys(fires));
        const only = args.text("only")?.split(",") ?? all;
        const unknown = only.filter((one) => !all.includes(one));
        if (unknown.length > 0) throw new Error(`there is no fault for ${unknown.join(", ")}. Fix: of ${all.join(", ")}`);
        const on = await sidecar();
        Object.assign(process.env, on.env);
        const minutes = args.number("minutes", quietMinutes);
        return result(await measure(on, minutes, only), { minutes, only });
    },
};
