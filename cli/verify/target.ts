import { z } from "zod";
import { Deployed, deployedSchema } from "../../settings/deployed";
import { psqlCommand, upCommand } from "../../host/remedies";
import { get, dockerCommand } from "../../host/engine";
import { Settings } from "../../settings/settings";
import { askCli, configuredSettings, engineUnread, project, StackUnread } from "../stack";

/** A stack that stands: what was deployed, by its outputs, and how to reach it, by its settings. */
export interface Target {
    /** As the CLI names it. */
    stack: string;
    /** As its containers' labels name it, `project/stack`. */
    owner: string;
    deployed: Deployed;
    outputs: Outputs;
    docker: Settings["docker"];
    /** Login of the provider: the sessions of verify are its. */
    login: { user: string; password: string };
    /** How a person calls docker, psql (which asks for the password) and `pulumi up` from here, for remedies. */
    dockerCommand: string;
    psqlCommand: string;
    upCommand: string;
}

/** The outputs that verify reads. */
const outputsSchema = z.object({
    pgbouncerContainer: z.string(),
    pgadminContainer: z.string(),
    pgbouncerIni: z.string(),
    backendBudget: z.number(),
    networks: z.object({ database: z.string() }),
    deployed: deployedSchema,
});
type Outputs = z.infer<typeof outputsSchema>;

/** Reads the stack from the CLI, and makes sure that its Docker engine answers. */
export async function findTarget(stack: string): Promise<Target> {
    // The first call tells that the stack is there; each takes a second.
    const [outputs, settings] = await Promise.all([
        askCli(stack, ["stack", "output", "--json", "--show-secrets"]),
        configuredSettings(stack),
    ]);
    const target = targetOf(stack, outputs, settings);
    await get(target.docker, "/version").catch(engineUnread(target.docker, stack));
    return target;
}

/** The target, by what `pulumi stack output --json` prints. */
export function targetOf(stack: string, outputs: unknown, settings: Settings): Target {
    const up = upCommand(settings, stack);
    if (Object.keys(outputs as object).length === 0) {
        throw new StackUnread(`stack ${stack} is not up: it has no outputs.\nMend it: ${up}`);
    }
    const parsed = outputsSchema.safeParse(outputs);
    if (!parsed.success) {
        const lacks = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].join(", ");
        throw new StackUnread(
            `the outputs of stack ${stack} are of another version of this program (not as expected: ${lacks}).\nMend it: ${up}`,
        );
    }
    const { username: user, password } = settings.databaseServer;
    return {
        stack,
        owner: `${project}/${settings.stack}`,
        deployed: parsed.data.deployed,
        outputs: parsed.data,
        docker: settings.docker,
        login: { user, password },
        dockerCommand: dockerCommand(settings.docker),
        psqlCommand: psqlCommand(settings, parsed.data.deployed.databases[0]!, [], stack),
        upCommand: up,
    };
}
