import { Target } from "../verify/target";
import { Generator } from "./generator";
import { BenchPooler, Model } from "./pooler";
import { Variant } from "./variants";
import { Way } from "./way";

const nothing = () => Promise.resolve();

/** The ways of these variants that can be measured on this database. Each pooler is made, and not started. */
export async function waysOf(target: Target, model: Model, generator: Generator, wanted: Variant[]): Promise<Way[]> {
    const tls = (await generator.ask(generator.direct, "SHOW ssl")) === "on";
    const ways: Way[] = [];
    for (const variant of wanted) {
        const { name, is, changes } = variant;
        if (!changes) {
            ways.push({ name, is, endpoint: generator.direct, start: nothing, stop: nothing });
        } else if (changes.serverTlsSslmode !== "require" || tls) {
            const pooler = await BenchPooler.create(target, model, variant);
            const { endpoint, container } = pooler;
            ways.push({ name, is, endpoint, container, start: () => pooler.start(), stop: () => pooler.stop(), wait: () => pooler.wait() });
        }
    }
    return ways;
}
