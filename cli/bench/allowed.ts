import { UserError } from "../../findings/errors";
import { Headroom, readHeadroom } from "../verify/headroom";
import { rejectUnseen } from "../verify/sessions";
import { Target } from "../verify/target";

/** Connections that bench leaves to others, beyond those in use. */
const margin = 5;

/** Backends of the variant that has no bound for each database. */
const unbounded = 20;

/** Connections that bench may take from the database. Throws a UserError if they are not enough for one pooler. */
export const roomFor = async (target: Target) => room(await readHeadroom(target).catch(rejectUnseen), target.outputs.backendBudget / 2);

/** The same, by what is in use and what one pooler may open. The stack's own may still grow meanwhile. */
export function room({ maxConnections, reserved, used, pooled }: Headroom, pooler: number): number {
    const needed = Math.max(pooler, unbounded);
    const growth = Math.max(0, pooler - pooled);
    const left = maxConnections - reserved - used - growth - margin;
    if (left < needed) {
        throw new UserError(
            `a pooler of bench may open ${needed} backends, the stack's own ${growth} more, and ${margin} connections have to stay free, ` +
                `but the database has ${left + growth + margin} left: max_connections ${maxConnections}, less ${reserved} reserved and ${used} in use.`,
            "run it when fewer clients are connected",
        );
    }
    return left;
}
