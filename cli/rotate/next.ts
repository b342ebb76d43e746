import { lookupRole } from "../../components/authentication/rotation";
import { roleType, StackState } from "../../preflight/state";

export interface NextArgs {
    /** The rotation in the stack's outputs. */
    deployed: number;
    /** The one in its settings. */
    configured: number;
    state: StackState;
    /** The setting authUser. */
    authUser: string;
}

/**
 * The rotation to deploy. One that failed after the pooler's reload is in the outputs already, while the role before it
 * still exists: counting up from it would roll back to that role and its password.
 */
export function nextRotation({ deployed, configured, state: { deployment }, authUser }: NextArgs): number {
    const exists = (rotation: number) =>
        deployment.resources?.some(({ type, id }) => type === roleType && id === lookupRole({ authUser, rotation })) ?? false;
    return configured === deployed && exists(deployed) && exists(deployed + 1) ? deployed : deployed + 1;
}
