import * as fs from "fs";
import * as path from "path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ProcessLimit } from "../host/containers";
import { filesDir } from "./names";

/**
 * What both containers have in common: they restart, have no capabilities and a root that nobody can write, and a change waits until
 * they are healthy.
 */
export const containerDefaults = {
    restart: "always",
    networkMode: "bridge",
    wait: true,
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    // Rotated: 30 MB for each container at most.
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
} satisfies Partial<docker.ContainerArgs>;

/** Pulls `reference` and returns the image's id. The image stays on the host when the stack is destroyed, since others may use it. */
export function pullImage(name: string, reference: pulumi.Input<string>, parent: pulumi.Resource): pulumi.Output<string> {
    return new docker.RemoteImage(name, { name: reference, keepLocally: true }, { parent }).imageId;
}

/** What a container may use of its host. */
export interface Limits {
    /** MiB, with all that it writes to its tmpfs; the engine ends a process that would exceed it. It gets no swap in addition, if the engine can limit that. */
    memory: number;
    /** Cores; 0 for all of them. */
    cpus: number;
    /** Open files of each process. */
    openFiles: number;
    /** Whether the engine can limit swap; true by default. */
    swapLimit?: boolean;
}

/** Microseconds after which used time is counted from 0 again; the engine's default. */
const cpuPeriod = 100_000;

/** The limits as a container's properties. */
export function limits({ memory, cpus, openFiles, swapLimit = true }: Limits) {
    return {
        memory,
        // An engine that can't limit swap stores -1 whatever it is given, and the provider reads that back, also in place of nothing.
        memorySwap: swapLimit ? memory : -1,
        // Not `cpus`: the provider returns it in another form, and a host with fewer cores refuses it.
        ...(cpus > 0 ? { cpuPeriod, cpuQuota: Math.round(cpus * cpuPeriod) } : {}),
        ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],
    } satisfies Partial<docker.ContainerArgs>;
}

/** Limits the processes in a container. */
export type LimitProcesses = (limit: ProcessLimit) => Promise<void>;

/**
 * How often the engine checks a container's health. A check costs about 40 ms of CPU, most of it to start a program in the container. An
 * engine that can check a container which starts more often (version 25) checks one that runs less often.
 */
export const healthTimes = (startInterval = false) => ({
    ...(startInterval ? { interval: "30s", startInterval: "1s" } : { interval: "5s" }),
    timeout: "5s",
    retries: 3,
});

/** The container's name, known once its processes are limited. The provider has no property for that, so each `up` sees to it. */
export function limitedTo(most: number, container: docker.Container, limitProcesses?: LimitProcesses): pulumi.Output<string> {
    return pulumi.all([container.name, container.id]).apply(async ([name, id]) => {
        if (!pulumi.runtime.isDryRun()) await limitProcesses?.({ id, name, most });
        return name;
    });
}

/** A container's tmpfs, with programs on it. `size` is in MiB, and counts as the container's memory. */
export const tmpfs = (size: number) => ({ "/tmp": `exec,mode=1777,size=${size}m` });

export interface UnpackArgs {
    /** The files' texts by their names. They show in `docker inspect`, so none may be a secret. */
    files: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** What runs then. */
    command: string[];
}

const unpack = fs.readFileSync(path.join(__dirname, "unpack"), "utf8");

/** The entrypoint of a container that gets files by its command, since a read-only root takes no uploads. */
export function unpacking({ files, command }: UnpackArgs): pulumi.Output<string[]> {
    return pulumi
        .output(files)
        .apply((texts) => ["/bin/sh", "-c", unpack, "unpack", filesDir, ...Object.entries(texts).flat(), "--", ...command]);
}

/** The text of a file of this repository. */
export const textOf = (...file: string[]) => fs.readFileSync(path.join(...file), "utf8");
