import { until } from "../../../lab/run";
import { longestPause } from "./database";
import { outside } from "./outside";
import { login } from "./pgadminlogin";
import { recordFault } from "./proof";
import { changing, containers, keepLogs, killMarked, marked, pulumi, Stack, upWithoutChanges } from "./stack";

export interface FaultOptions {
    /** Seconds that the pipeline's writer may have paused; default: 5. More only if the database itself was away. */
    pause?: number;
    /** Whether the database's container and network are others afterwards, under the same names. */
    redeployed?: boolean;
    /** Whether an `up` follows; default: yes. */
    up?: boolean;
}

/** How the tests of a file play faults on its stack. */
export function faultTests(on: Stack) {
    /** Plays a fault, which returns what the user sees of it, and checks what has to be so after every one. */
    function fault(title: string, play: () => Promise<string>, { pause = 5, redeployed = false, up = true }: FaultOptions = {}) {
        test(title, async () => {
            const look = async () => {
                const seen = await outside(on, { sidecar: false });
                const names = (lines: string[]) => lines.map((line) => line.split(" ")[1]).sort();
                const named = seen.volumes.filter((volume) => !/^[0-9a-f]{64}$/.test(volume));
                return redeployed ? { ...seen, networks: names(seen.networks), containers: names(seen.containers), volumes: named } : seen;
            };
            const before = await look();
            const started = new Date();
            let saw: string | undefined;
            try {
                saw = await play();
            } catch (cause) {
                await keepLogs(`fault-${Date.now()}`); // the `up` below takes the failed container away
                throw cause;
            } finally {
                await on.clients.removeAll();
                if (up || saw === undefined) await on.up();
            }
            await until("a query through the pool", 60, on.pooledAnswers);
            expect(await containers("pgbouncer")).toEqual([on.out.pgbouncerContainer]);
            expect(await containers("pgadmin")).toEqual([on.out.pgadminContainer]);
            expect(await look()).toEqual(before);
            await until("the writer", 30, async () => (await longestPause(on, new Date(Date.now() - 2000))).rows > 1);
            const longest = await longestPause(on, started);
            recordFault(title, saw, longest.seconds);
            expect(longest.seconds).toBeLessThan(pause);
        });
    }

    /** A fault that leaves the stack as it was, or has an `up` of its own. Another one follows a group of them: `nothingToDoAfter`. */
    const passing: typeof fault = (title, play, options) => fault(title, play, { ...options, up: false });

    function nothingToDoAfter(faults: string) {
        test(`an \`up\` after ${faults} changes nothing`, async () => {
            await upWithoutChanges(on);
        });
    }

    /** Kills an `up` that creates the stack as soon as that much of it exists. */
    function cutUp(point: string, there: () => Promise<unknown[]>) {
        // Its own last preview shows that no `up` has anything left to do.
        passing(`an \`up\` killed (kill -9) when ${point}`, async () => {
            expect((await pulumi(on, ["destroy", ...changing])).code).toBe(0);
            const cut = pulumi(on, ["up", ...changing], { env: marked });
            await until("that much of the up", 60, async () => (await there()).length > 0);
            await killMarked();
            await cut;
            const locked = await pulumi(on, ["up", ...changing]);
            expect(locked.stdout + locked.stderr).toContain("the stack is currently locked");
            expect((await pulumi(on, ["cancel", "--yes"])).code).toBe(0);
            const from = Date.now();
            await on.up();
            const took = seconds(from);
            expect(await login(on.out)).toMatch(/\/browser\/?$/);
            expect((await pulumi(on, ["refresh", "--clear-pending-creates", ...changing])).code).toBe(0);
            const again = await pulumi(on, ["preview", "--refresh", "--expect-no-changes"]);
            expect(again.stdout + again.stderr).not.toContain("pending operations");
            expect(again.code).toBe(0);
            return `\`the stack is currently locked\`; after \`pulumi cancel\` the next \`up\` removes what was half made and brings everything up: ${took}`;
        });
    }

    return { fault, passing, nothingToDoAfter, cutUp };
}

/** The time since `from`, for a row of docs/FAULTS.md. */
export const seconds = (from: number) => `${((Date.now() - from) / 1000).toFixed(1)} s`;
