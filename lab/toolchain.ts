import * as fs from "fs";
import * as path from "path";
import { hashTree, writeWhole } from "./files";
import { need } from "./machine";
import { inLab, project } from "./paths";
import { attempt, has, run } from "./run";
import { doing, say } from "./step";

const cliVersion = "v3.259.0";
const traefikVersion = "v3.2.0";

/** The provider plugins, as package.json pins their SDKs. */
export const plugins = ["docker", "postgresql", "random"] as const;

export const bin = inLab("bin");
const home = inLab("pulumi-home");

/** Where the official downloads are; a request shows within seconds whether they can be reached. */
const official = "https://get.pulumi.com";

async function reachable(url: string): Promise<boolean> {
    try {
        await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
        return true;
    } catch {
        return false;
    }
}

function pluginVersion(plugin: string): string {
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
    };
    return dependencies[`@pulumi/${plugin}`]!;
}

/** Makes sure of the Pulumi CLI and its language host: the one on PATH, else the official download, else a build from source. */
export async function ensureCli(): Promise<string> {
    const ours = path.join(bin, "pulumi");
    if (!fs.existsSync(ours) && has("pulumi")) return `pulumi ${(await run("pulumi", ["version"])).trim()}, the one at hand`;
    const stamp = ["cli", "language"].map((module) => hashTree(path.join(project, "lab/toolchain", module))).join("-");
    if (upToDate("cli", stamp)) return `pulumi ${cliVersion}, ${fs.readFileSync(inLab("bin/cli.from"), "utf8")}`;
    fs.mkdirSync(bin, { recursive: true });
    if (await reachable(official)) {
        doing(`downloading pulumi ${cliVersion}`);
        const archive = inLab("pulumi.tar.gz");
        const arch = process.arch === "x64" ? "x64" : "arm64";
        await run("curl", ["-fsSL", "-o", archive, `${official}/releases/sdk/pulumi-${cliVersion}-${process.platform}-${arch}.tar.gz`]);
        await run("tar", ["-xzf", archive, "-C", bin, "--strip-components=1"]);
        fs.rmSync(archive);
        return done("cli", stamp, "the official download", `pulumi ${cliVersion}`);
    }
    say("toolchain", `${official} cannot be reached: building pulumi ${cliVersion} and its language host from source`);
    await build({
        module: "lab/toolchain/language",
        program: "pulumi-language-nodejs",
        from: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    });
    await build({
        module: "lab/toolchain/cli",
        program: "pulumi",
        from: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ldflags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${cliVersion}`,
    });
    return done("cli", stamp, "built from source", `pulumi ${cliVersion}`);
}

/** Makes sure of the provider plugins: the official ones if they can be reached, else a build from `lab/plugins`. */
export async function ensurePlugins(): Promise<string> {
    const stamp = hashTree(path.join(project, "lab/plugins"));
    const names = plugins.map((plugin) => `${plugin} ${pluginVersion(plugin)}`).join(", ");
    if (upToDate("plugins", stamp)) return `${names}, ${fs.readFileSync(inLab("bin/plugins.from"), "utf8")}`;
    if (await reachable(official)) {
        for (const plugin of plugins) {
            doing(`downloading the plugin ${plugin}`);
            const { code } = await attempt("pulumi", ["plugin", "install", "resource", plugin, pluginVersion(plugin)], {
                env: { PULUMI_HOME: home },
            });
            if (code !== 0) return buildPlugins(stamp, names);
        }
        return done("plugins", stamp, "the official downloads", names);
    }
    return buildPlugins(stamp, names);
}

async function buildPlugins(stamp: string, names: string): Promise<string> {
    const tags = ["-tags", "no_compose"]; // leaves out Docker Compose, 180 packages that no resource of ours uses
    for (const plugin of plugins) {
        const name = `pulumi-resource-${plugin}`;
        await build({ module: "lab/plugins", program: name, from: `./cmd/${name}`, flags: tags });
    }
    return done("plugins", stamp, "built from source (postgresql: the lab's own)", names);
}

/** Makes sure of Traefik, which only the test behind a proxy needs: a build from source, since a registry's image may be out of reach. */
export async function ensureTraefik(): Promise<string> {
    const module = "lab/toolchain/traefik";
    const stamp = hashTree(path.join(project, module));
    if (upToDate("traefik", stamp)) return `traefik ${traefikVersion}, ${fs.readFileSync(inLab("bin/traefik.from"), "utf8")}`;
    say("toolchain", `building traefik ${traefikVersion} from source: some minutes, once`);
    await build({
        module,
        program: "traefik",
        from: "github.com/traefik/traefik/v3/cmd/traefik",
        ldflags: `-X github.com/traefik/traefik/v3/pkg/version.Version=${traefikVersion}`,
    });
    return done("traefik", stamp, "built from source", `traefik ${traefikVersion}`);
}

export interface BuildArgs {
    /** Folder of the Go module. */
    module: string;
    program: string;
    /** The package to build. */
    from: string;
    flags?: string[];
    ldflags?: string;
    /** Whether it needs a C compiler; default: no. */
    cgo?: boolean;
    /** Folder of the program; default: `bin`. */
    into?: string;
}

/** Builds one program. The same settings for all: what the CLI compiled, the plugins take from Go's cache. */
export async function build({ module, program, from, flags = [], ldflags = "", cgo = false, into = bin }: BuildArgs): Promise<void> {
    await need("go", ["golang-go"], "to build the toolchain from source");
    const made = path.join(into, `${program}.part`);
    doing(`building ${program}`);
    // With -v it prints each package that it compiles: the live list shows them.
    await run("go", ["build", "-v", "-trimpath", ...flags, "-ldflags", `-s -w ${ldflags}`, "-o", made, from], {
        cwd: path.join(project, module),
        log: `build-${program}`,
        env: { CGO_ENABLED: cgo ? "1" : "0" },
        chatter: /^[\w.-]+(\/[\w.~-]+)*$/,
    });
    fs.renameSync(made, path.join(into, program));
}

export const upToDate = (part: string, stamp: string) =>
    fs.existsSync(inLab(`bin/${part}.stamp`)) && fs.readFileSync(inLab(`bin/${part}.stamp`), "utf8") === stamp;

export function done(part: string, stamp: string, from: string, names: string): string {
    writeWhole(inLab(`bin/${part}.from`), from);
    writeWhole(inLab(`bin/${part}.stamp`), stamp);
    return `${names}, ${from}`;
}
