import * as pulumi from "@pulumi/pulumi";

/** A mistake that the reader can mend: shown as its message alone. */
export class UserError extends pulumi.RunError {
    constructor(message: string) {
        super(message);
        // The SDK renders an error that has a stack with all that hangs on it: measured, 13 s before the message appears.
        this.stack = undefined;
    }
}
