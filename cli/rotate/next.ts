import { lookupRole } from "../../components/authentication/rotation";
import { roleType, StackState } from "../../preflight/state";

export interface NextArgs {
    /** The rotation that the stack's outputs tell. */
    deployed: number;
    /** The one that its settings tell. */
    configured: number;
    state: StackState;
    /** The setting authUser. */
    authUser: string;
}

/**
 * The rotation to bring up. One that failed after the pooler's roll is deployed already, by the outputs, and yet the role
 * before it is there: to count on from it would be to roll back to that role and its password.
 */
export function nextRotation({ deployed, configured, state: { deployment }, authUser }: NextArgs): number {
    const exists = (rotation: number) =>
        deployment.resources?.some(({ type, id }) => type === roleType && id === lookupRole({ authUser, rotation })) ?? false;
    return configured === deployed && exists(deployed) && exists(deployed + 1) ? deployed : deployed + 1;
}
