import * as pulumi from "@pulumi/pulumi";
import { Finding, render } from "./finding";

/** An error that the reader can fix. It is shown as its message alone, without a stack trace. */
export class UserError extends pulumi.RunError {
    /** `fix` gets a line of its own in the message. */
    constructor(what: string, fix?: string) {
        super(render({ what, ...(fix === undefined ? {} : { fix }) }));
        // The SDK prints an error with a stack together with everything attached to it: the message appears after 13 s (measured).
        this.stack = undefined;
    }

    /** The error that a finding is, where it stops a command. */
    static of({ what, fix }: Pick<Finding, "what" | "fix">): UserError {
        return new UserError(what, fix);
    }
}
