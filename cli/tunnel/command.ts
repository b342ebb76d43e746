import { Command, stackOption } from "../command";

export interface TunnelOptions {
    stack?: string;
}

export const tunnel: Command<TunnelOptions> = {
    name: "tunnel",
    summary: "run a command with an SSH tunnel to the database",
    description: `Runs COMMAND while an SSH tunnel leads from 127.0.0.1 to the database's container through the stack's Docker host.
The tunnel's port is the stack's \`postgresql:port\`. Without --stack, COMMAND's own --stack counts, then the selected stack.
COMMAND has the stack in PULUMI_STACK. The exit code is COMMAND's.`,
    group: "Commands:",
    operands: "<command...>",
    options: [stackOption()],
    examples: [
        "./sidecar tunnel --stack stage -- pulumi up --stack stage",
        "./sidecar tunnel --stack stage -- psql -h 127.0.0.1 -p 15432 -U postgres",
    ],
    passThrough: true,
    run: async (options, operands) => (await import("./tunnel")).tunnel(options, operands),
};
