import { z } from "zod";
import { resourceNames } from "../../components/names";
import { UserError } from "../../findings/errors";
import { get, dockerCommand } from "../../host/engine";
import { psqlCommand, upCommand } from "../../host/remedies";
import { Deployed, deployedSchema } from "../../settings/deployed";
import { Settings } from "../../settings/settings";
import { askCli, configuredSettings, rejectUnreachable, project } from "../stack";

/** A deployed stack: its outputs say what was deployed, and its settings how to reach it. */
export interface Target {
    /** The stack's name as the CLI takes it. */
    stack: string;
    /** The stack's name on its containers' labels, `project/stack`. */
    owner: string;
    deployed: Deployed;
    outputs: Outputs;
    docker: Settings["docker"];
    /** The provider's login. verify's direct sessions use it. */
    login: Login;
    /** The login of verify's sessions through the pool: the provider's, or if no superuser can log in there, pgadminRole's. */
    pooled: Login;
    /** Whether the provider takes its login for a superuser. */
    superuser: boolean;
    /** How a person calls docker, psql (which asks for the password) and `pulumi up` from here; for remedies. */
    dockerCommand: string;
    psqlCommand: (database: string, statement: string) => string;
    upCommand: string;
}

export interface Login {
    user: string;
    password: string;
}

/** The outputs that verify reads. */
const outputsSchema = z.object({
    pgbouncerContainer: z.string(),
    /** None in a stack without pgAdmin. */
    pgadminContainer: z.string().optional(),
    pgbouncerIni: z.string(),
    pgadminRole: z.string().optional(),
    pgadminRolePassword: z.string().optional(),
    backendBudget: z.number(),
    networks: z.object({ sidecar: z.string(), database: z.string() }),
    deployed: deployedSchema,
});
type Outputs = z.infer<typeof outputsSchema>;

/** Reads the stack from the CLI and checks that its Docker engine answers. Throws with the remedy. */
export async function findTarget(stack: string): Promise<Target> {
    // Each call takes a second.
    const [outputs, settings] = await Promise.all([
        askCli(stack, ["stack", "output", "--json", "--show-secrets"]),
        configuredSettings(stack),
    ]);
    const target = targetOf(stack, outputs, settings);
    await get(target.docker, "/version").catch(rejectUnreachable(target.docker, stack));
    return target;
}

/** The target, from what `pulumi stack output --json` prints. */
export function targetOf(stack: string, outputs: unknown, settings: Settings): Target {
    const up = upCommand(settings, stack);
    if (Object.keys(outputs as object).length === 0) {
        throw new UserError(`stack ${stack} is not up: it has no outputs.`, up);
    }
    const parsed = outputsSchema.safeParse(outputs);
    if (!parsed.success) {
        const missing = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].join(", ");
        throw new UserError(
            `another version of this program deployed stack ${stack} (outputs that are missing or not as expected: ${missing}).`,
            up,
        );
    }
    const { username: user, password, superuser } = settings.databaseServer;
    const { deployed, pgadminRole, pgadminRolePassword } = parsed.data;
    const people = pgadminRole && pgadminRolePassword ? { user: pgadminRole, password: pgadminRolePassword } : undefined;
    return {
        stack,
        owner: `${project}/${settings.stack}`,
        deployed: parsed.data.deployed,
        outputs: parsed.data,
        docker: settings.docker,
        login: { user, password },
        pooled: deployed.poolSuperusers ? { user, password } : (people ?? { user, password }),
        superuser,
        dockerCommand: dockerCommand(settings.docker),
        psqlCommand: (database, statement) => psqlCommand(settings, database, [statement], stack),
        upCommand: up,
    };
}

/** The command that replaces the pooler's container. */
export const replacePooler = (up: string) => `${up} --replace '**Container::${resourceNames.pooler}'`;
