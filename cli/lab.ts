import { Option } from "commander";
import { Command } from "./command";

const group = "On a throwaway database here (the lab):";

export const up: Command = {
    name: "up",
    summary: "build what is missing, deploy, print pgAdmin's URL and login",
    description: `Brings up the lab (Docker engine, Pulumi, images, an existing database) and deploys the stack \`local\` there.
Uses what is there already. On a bare machine (2 cores, everything built from source) it takes about 9 minutes.`,
    group,
    options: [],
    examples: ["./sidecar up"],
    run: async () => (await import("../lab/main")).up(),
};

export const preview: Command = {
    name: "preview",
    summary: "show what up would change",
    description: "Brings up the lab and runs `pulumi preview` there.",
    group,
    options: [],
    examples: ["./sidecar preview"],
    run: async () => (await import("../lab/main")).preview(),
};

export const down: Command<{ volumes?: boolean }> = {
    name: "down",
    summary: "remove what up made",
    description: "Destroys the stack `local` and removes the lab's database, engine and registry. Keeps data, downloads and builds.",
    group,
    options: [new Option("--volumes", "delete the data of pgAdmin and of the database too")],
    examples: ["./sidecar down", "./sidecar down --volumes"],
    run: async (options) => (await import("../lab/main")).down(options),
};

export const env: Command = {
    name: "env",
    summary: "print the environment for plain pulumi, docker and psql",
    description: "Prints `export` lines. With them, plain pulumi, docker and psql work on the lab.",
    group,
    options: [],
    examples: ['eval "$(./sidecar env)"'],
    run: async () => (await import("../lab/main")).env(),
};

/** For the tests. */
export const ensure: Command = {
    name: "ensure",
    summary: "bring up the lab without deploying",
    description: "Brings up the lab and deploys nothing: what `npm test` begins with.",
    options: [],
    examples: ["./sidecar ensure"],
    run: async () => (await import("../lab/main")).ensure(),
};
