import { Option } from "commander";
import { Command, stackOption } from "../command";

/** The settings that name an image. */
export const imageSettings = ["pgbouncerImage", "pgadminImage"] as const;
export type ImageSetting = (typeof imageSettings)[number];

export interface PinOptions {
    stack?: string;
    /** The setting; default: the one whose image has the same name now. */
    setting?: ImageSetting;
}

export const pin: Command<PinOptions> = {
    name: "pin",
    summary: "set an image by the digest that its registry has",
    description: `Asks the image's registry for the digest of IMAGE:TAG and sets \`pgbouncerImage\` or \`pgadminImage\` to it, in the stack's file.
It changes nothing else: the next \`pulumi up\` takes the image. It asks without a login, so the image has to be public.`,
    group: "Commands:",
    operands: "<image:tag>",
    options: [
        stackOption(),
        new Option("--setting <name>", "the setting (default: the one whose image has this name now)").choices(imageSettings),
    ],
    examples: [
        "./sidecar pin --stack stage dpage/pgadmin4:9.17",
        "./sidecar pin --stack stage --setting pgbouncerImage registry.example.com/pgbouncer:1.25.2",
    ],
    run: async (options, [image]) => (await import("./pin")).pin(image!, options),
};
