import { execFile } from "child_process";
import { promisify } from "util";
import * as pulumi from "@pulumi/pulumi";
import { lookupOwner } from "../components/authentication/lookup";
import { lookupId } from "../components/authentication/names";
import { poolerLabel, stackLabel } from "../components/labels";
import { resourceNames } from "../components/names";
import { Settings } from "../settings/settings";

export const roleType = "postgresql:index/role:Role";
const containerType = "docker:index/container:Container";
const functionType = "postgresql:index/function:Function";

export interface StackState {
    deployment: { resources?: StateResource[] };
}

interface StateResource {
    type: string;
    urn: string;
    id?: string;
    /** Replaced, and yet to be deleted. */
    delete?: boolean;
    /** Of the stack itself: what the program returned. */
    outputs?: { deployed?: Before };
    inputs?: {
        labels?: { label: string; value: string }[];
        networksAdvanced?: { name: string }[];
        healthcheck?: { startInterval?: string };
        ulimits?: { name: string; hard: number }[];
        searchPaths?: string[];
        body?: string;
        database?: string;
        schema?: string;
    };
}

/** Of the settings with which the stack was last deployed, those that say how many backends its poolers may have. */
export interface Before {
    processes?: number;
    maxDbConnections?: number;
    databases?: string[];
}

/** What the serving pooler's container was made of, as far as a change of it rolls the pooler. */
export interface OwnedPooler {
    /** Its `rollKey`; empty for one of an older program. */
    key: string;
    networks: string[];
    /** The stack in its mark. */
    owner: string;
    /** Whether its health check has a `startInterval`. */
    startInterval: boolean;
    /** Files that it may open; without an own limit, as many as the engine allows. */
    openFiles: number;
}

/** What a stack's state lists. An adopted role or function is the stack's, though it has no mark until the next `up`. */
export interface OwnedResources {
    /** The stack itself, `project/stack`. */
    owner: string;
    /** Stack names in its marks: after `pulumi stack rename` or an import, the old name until the next `up`. */
    previousNames: string[];
    /** Ids of all its resources. */
    ids: string[];
    roles: string[];
    /** Ids of its functions. */
    functions: string[];
    /** The settings of the poolers that may still run, if the state has them. */
    before?: Before;
    /** The serving pooler, if there is one. */
    pooler?: OwnedPooler;
}

/** Whether the state lists the lookup function that the settings name. */
export function hasLookup({ functions }: Pick<OwnedResources, "functions">, { databases, authFunction }: Settings): boolean {
    return functions.includes(lookupId({ database: databases[0]!, authFunction }));
}

/** What the state lists, for the stack `owner`. */
export function ownedResources({ deployment: { resources = [] } }: StackState, owner: string): OwnedResources {
    const marks = resources.flatMap(({ inputs }) => inputs?.labels ?? []).filter(({ label }) => label === stackLabel);
    // The last entry of a role's search_path is its mark.
    const inDatabase = resources.flatMap(({ type, inputs }) =>
        type === roleType ? (inputs?.searchPaths?.slice(2) ?? []) : type === functionType ? (lookupOwner(inputs?.body ?? "") ?? []) : [],
    );
    const pooler = resources.find(
        ({ type, urn, id, delete: outgoing }) => type === containerType && urn.endsWith(`::${resourceNames.pooler}`) && id && !outgoing,
    );
    const deployed = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.deployed;
    return {
        owner,
        previousNames: [...marks.map(({ value }) => value), ...inDatabase],
        ids: resources.flatMap(({ id }) => id ?? []),
        roles: resources.flatMap(({ type, id }) => (type === roleType && id ? [id] : [])),
        functions: resources.flatMap(({ type, id }) => (type === functionType && id ? [id] : [])),
        ...(deployed && { before: deployed }),
        ...(pooler && { pooler: ownedPooler(pooler.inputs) }),
    };
}

function ownedPooler({
    labels = [],
    networksAdvanced = [],
    healthcheck,
    ulimits = [],
}: NonNullable<StateResource["inputs"]> = {}): OwnedPooler {
    const label = (wanted: string) => labels.find((one) => one.label === wanted)?.value ?? "";
    return {
        key: label(poolerLabel),
        networks: networksAdvanced.map(({ name }) => name),
        owner: label(stackLabel),
        // The provider writes "0s" where the program gives none.
        startInterval: (healthcheck?.startInterval ?? "0s") !== "0s",
        openFiles: ulimits.find(({ name }) => name === "nofile")?.hard ?? Infinity,
    };
}

/** The stack's state before this run, as the CLI that runs the program reads it from its backend. */
export async function readState(name: string): Promise<StackState> {
    // A backend without organizations says "organization". With organizations, the bare name may be that of another stack.
    const organization = pulumi.getOrganization();
    const stack = organization === "organization" ? name : `${organization}/${pulumi.getProject()}/${name}`;
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", stack], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout) as StackState;
}
