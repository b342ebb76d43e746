import { UserError } from "../findings/errors";
import { Settings } from "../settings/settings";
import { upCommand } from "./remedies";

/** The engine no longer has something that the stack's state has: somebody removed it by hand. */
export class GoneError extends UserError {
    constructor(readonly what: string) {
        super(`${what} is gone from the Docker host`, "run the stack's up with --refresh, which creates it again");
    }
}

/** Throws a GoneError if the engine said that there is no such container or image, otherwise what it said. */
export const rejectGone =
    (kind: "container" | "image", name: string) =>
    (cause: Error): never => {
        // Not by 404 alone: an engine without such a call answers that as well.
        if (new RegExp(` answers 404 .*no such ${kind}`, "is").test(cause.message)) throw new GoneError(`${kind} ${name}`);
        throw cause;
    };

/** The same call of an `up`, but it says how the `up` recreates what is gone. */
export function refreshable<Args extends unknown[]>(settings: Settings, call: (...args: Args) => Promise<void>): typeof call {
    return (...args) =>
        call(...args).catch((cause: Error) => {
            if (!(cause instanceof GoneError)) throw cause;
            throw new UserError(
                `${cause.what} is gone from ${settings.docker.host}. Without --refresh, Pulumi assumes that nothing has changed`,
                `${upCommand(settings)} --refresh`,
            );
        });
}
