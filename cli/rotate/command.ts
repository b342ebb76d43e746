import { Option } from "commander";
import { Command, stackOption } from "../command";
import { pulumiOptions } from "../pulumiflags";

/** Flags of `pulumi up` that fit a rotation: none that would leave a part of it out. */
export const upOptions = [...pulumiOptions(), new Option("-r, --refresh", "look at the host and the database first")];

export type RotateOptions = { stack?: string } & Record<string, unknown>;

export const rotate: Command<RotateOptions> = {
    name: "rotate",
    summary: "give the lookup role a new password",
    description: `Gives the lookup role a new password: sets \`rotation\` to one more than what is deployed and runs \`pulumi up\`.
No login fails. After a failed run, the same command resumes the same rotation.
Opens the tunnel to the database if the stack needs one. All options but --stack go to \`pulumi up\`.`,
    group: "Commands:",
    options: [stackOption(), ...upOptions],
    examples: ["./sidecar rotate --stack stage", "./sidecar rotate --stack stage --yes --skip-preview --non-interactive"],
    run: async (options) => (await import("./rotate")).rotate(options),
};
