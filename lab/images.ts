import * as fs from "fs";
import { load } from "js-yaml";
import * as path from "path";
import { daemonPid, startDaemon } from "./daemon";
import { writeWhole } from "./files";
import { Identity } from "./identity";
import { need } from "./machine";
import { inLab, project } from "./paths";
import { attempt, run, until } from "./run";
import { doing, say } from "./step";

/** Image references, the program's two by digest. */
export interface Images {
    pgbouncer: string;
    pgadmin: string;
    timescaledb: string;
}

const kept = inLab("images.json");

/** The image that Pulumi.yaml pins in a setting. */
export function pinnedImage(setting: string): string {
    const { config } = load(fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8")) as { config: Record<string, { default: string }> };
    return config[setting]!.default;
}

/** The images that Pulumi.yaml pins, and the database's. */
function officialImages(): Images {
    return {
        pgbouncer: pinnedImage("pgbouncerImage"),
        pgadmin: pinnedImage("pgadminImage"),
        timescaledb: "timescale/timescaledb:2.19.3-pg17",
    };
}

/** Makes sure of the three images: the official ones if Docker Hub can be reached, else builds from Debian and PyPI. */
export async function ensureImages({ registryPort }: Identity): Promise<string> {
    const official = officialImages();
    if (await hubAnswers(official.pgbouncer)) {
        for (const image of Object.values<string>({ ...official })) {
            doing(`pulling ${image.replace(/@.*/, "")}`);
            await run("docker", ["pull", image], { log: "pull" });
        }
        writeWhole(kept, JSON.stringify(official));
        return "the official ones, pulled";
    }
    return buildImages(registryPort);
}

/** Makes sure of images built here, whatever Docker Hub has: the registry then serves them to an engine that reaches nothing else. */
export async function buildImages(registryPort: number): Promise<string> {
    const registry = await ensureRegistry(registryPort);
    await need("debootstrap", ["debootstrap"], "to build the images from Debian and PyPI");
    doing("building them from Debian and PyPI");
    await run(path.join(project, "lab/images/build"), [inLab("images"), registry], { log: "images" });
    const lines = fs.readFileSync(inLab("images/refs"), "utf8").trim().split("\n");
    const refs = Object.fromEntries(lines.map((line) => line.split(" ") as [string, string]));
    writeWhole(kept, JSON.stringify(refs));
    return `built from Debian and PyPI, served by digest from ${registry}`;
}

/** The images in use, once made sure of. */
export function images(): Images {
    return JSON.parse(fs.readFileSync(kept, "utf8")) as Images;
}

async function hubAnswers(image: string): Promise<boolean> {
    if ((await attempt("docker", ["image", "inspect", image])).code === 0) return true;
    const { code } = await attempt("docker", ["manifest", "inspect", image], { timeout: 10_000 });
    return code === 0;
}

/** The loopback registry: it gives the images their digests. */
export async function ensureRegistry(port: number): Promise<string> {
    const address = `127.0.0.1:${port}`;
    if (daemonPid("registry") === undefined) {
        await need("docker-registry", ["docker-registry"], "to serve the built images by digest");
        const config = {
            version: "0.1",
            storage: { filesystem: { rootdirectory: inLab("registry") }, delete: { enabled: true } },
            http: { addr: address },
        };
        writeWhole(inLab("registry.yml"), JSON.stringify(config)); // YAML takes JSON
        startDaemon("registry", "/usr/bin/docker-registry", ["serve", inLab("registry.yml")]);
        say("images", `started a registry on ${address}`);
    }
    await until(`the registry on ${address}`, 20, async () => {
        if (daemonPid("registry") === undefined) throw new Error("it ended; see .lab/log/registry.log");
        return (await fetch(`http://${address}/v2/`)).ok;
    });
    return address;
}
