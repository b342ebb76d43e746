import * as fs from "fs";
import * as path from "path";
import { hashTree } from "./files";
import { pinnedImage } from "./images";
import { packagedImage } from "./packagedimage";
import { inLab, project } from "./paths";
import { attempt } from "./run";
import { bin, build, done, upToDate } from "./toolchain";

/** The exporters: the setting of each one's image, and its program's package. */
const exporters = {
    pgbouncer: { setting: "pgbouncerExporterImage", from: "github.com/prometheus-community/pgbouncer_exporter" },
    postgres: { setting: "postgresExporterImage", from: "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter" },
} as const;

type Exporter = keyof typeof exporters;

/** Makes sure of the exporters' images, which only a stack with metrics needs, and returns the settings that name them. */
export async function exporterImages(registryPort: number): Promise<Record<(typeof exporters)[Exporter]["setting"], string>> {
    const found = Object.entries(exporters).map(
        async ([name, { setting, from }]) =>
            [setting, (await official(setting)) ?? (await built(name as Exporter, from, registryPort))] as const,
    );
    return Object.fromEntries(await Promise.all(found)) as Awaited<ReturnType<typeof exporterImages>>;
}

/** The image that Pulumi.yaml pins, if this engine has it or can pull it. */
async function official(setting: string): Promise<string | undefined> {
    const reference = pinnedImage(setting);
    if ((await attempt("docker", ["image", "inspect", reference])).code === 0) return reference;
    return (await attempt("docker", ["pull", reference], { timeout: 10_000 })).code === 0 ? reference : undefined;
}

async function built(name: Exporter, from: string, registryPort: number): Promise<string> {
    const module = `lab/toolchain/${name}-exporter`;
    const program = `${name}_exporter`;
    const stamp = hashTree(path.join(project, module));
    if (!upToDate(program, stamp)) {
        await build({ module, program, from });
        done(program, stamp, "built from source", program);
    }
    const folder = inLab("exporters", name);
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(path.join(bin, program), path.join(folder, program));
    fs.writeFileSync(path.join(folder, "Dockerfile"), `ARG BASE\nFROM $BASE\nCOPY ${program} /bin/\nUSER 65534\n`);
    return packagedImage({ name: `${name}-exporter`, folder, registryPort });
}
