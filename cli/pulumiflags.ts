import { Option } from "commander";

/** Flags of the Pulumi CLI that `rotate` and `adopt` pass on. */
export const pulumiOptions = () => [
    new Option("-y, --yes", "do not ask"),
    new Option("-f, --skip-preview", "do not preview first"),
    new Option("--non-interactive", "never ask, and fail instead"),
    new Option("--diff", "show the whole diff"),
    new Option("--color <when>", "colour of the output").choices(["always", "never", "raw", "auto"]),
    new Option("-m, --message <text>", "message of the update"),
    new Option("--suppress-outputs", "do not show the stack's outputs"),
    new Option("--suppress-progress", "show no progress dots"),
];

/** Values of options as the Pulumi CLI takes them. */
export function pulumiFlags(options: Option[], values: Record<string, unknown>): string[] {
    return options.flatMap((option) => {
        const value = values[option.attributeName()];
        if (typeof value === "string") return [`${option.long}=${value}`];
        return value ? [option.long!] : [];
    });
}
