import * as fs from "fs";

/** Sets the lab's environment for the lab's stack, unless another backend is chosen. Resolves with whether the stack is the lab's. */
export async function useLab(stack: string): Promise<boolean> {
    if (stack !== "local") return false;
    const { lab } = await import("../lab/paths");
    if (!fs.existsSync(lab)) return false;
    const [{ environment }, { identity }] = await Promise.all([import("../lab/stackconfig"), import("../lab/identity")]);
    const its = environment(await identity());
    const backend = process.env.PULUMI_BACKEND_URL;
    if (backend && backend !== its.PULUMI_BACKEND_URL) return false;
    if (!backend) Object.assign(process.env, its);
    return true;
}
