import * as fs from "fs";
import * as path from "path";
import { hashTree } from "./files";
import { need } from "./machine";
import { inLab, project } from "./paths";
import { say } from "./step";
import { build, BuildArgs, done, upToDate } from "./toolchain";

/** Programs of a current engine; first on PATH, they are what `ensureEngine` starts. */
const engineBin = inLab("bin-engine");

const modules = {
    engine: "github.com/moby/moby/v2",
    containerd: "github.com/containerd/containerd/v2",
    runc: "github.com/opencontainers/runc",
};
type Part = keyof typeof modules;

const folder = (part: Part) => `lab/toolchain/${part}`;

/** The version of a part that its go.mod pins, without the v. */
export function pinned(part: Part): string {
    const found = fs.readFileSync(path.join(project, folder(part), "go.mod"), "utf8").match(new RegExp(`^\\s*(?:require )?${modules[part]} v(\\S+)`, "m")); // prettier-ignore
    if (!found) throw new Error(`${folder(part)}/go.mod does not require ${modules[part]}. Fix: go get ${modules[part]} there`);
    return found[1]!;
}

/** Makes sure of a current Docker engine's programs, built from source: nobody runs Debian's old engine. */
export async function ensureCurrentEngine(): Promise<string> {
    const parts = Object.keys(modules) as Part[];
    const names = parts.map((part) => `${part === "engine" ? "moby" : part} ${pinned(part)}`).join(", ");
    const stamp = parts.map((part) => hashTree(path.join(project, folder(part)))).join("-");
    if (upToDate("engine", stamp)) return `${names}, ${fs.readFileSync(inLab("bin/engine.from"), "utf8")}`;
    say("toolchain", `building ${names} from source: some minutes, once`);
    await need("gcc", ["gcc", "libc6-dev"], "to build runc");
    await need("pkg-config", ["pkg-config"], "to build runc");
    await need("/usr/include/seccomp.h", ["libseccomp-dev"], "to build runc");
    fs.mkdirSync(engineBin, { recursive: true });
    const make = (part: Part, program: string, command: string, more: Partial<BuildArgs>) =>
        build({ module: folder(part), program, from: `${modules[part]}${command}`, into: engineBin, ...more });
    // The version that the engine reports: without it, it reports none.
    const ldflags = `-X ${modules.engine}/dockerversion.Version=${pinned("engine")}`;
    const engine = { flags: ["-tags", "exclude_graphdriver_btrfs no_systemd"], ldflags };
    const containerd = { flags: ["-tags", "no_btrfs no_aufs no_zfs no_devmapper"] };
    await make("engine", "dockerd", "/cmd/dockerd", engine);
    await make("engine", "docker-proxy", "/cmd/docker-proxy", engine);
    await make("containerd", "containerd", "/cmd/containerd", containerd);
    await make("containerd", "containerd-shim-runc-v2", "/cmd/containerd-shim-runc-v2", containerd);
    await make("runc", "runc", "", { flags: ["-tags", "seccomp"], cgo: true });
    return done("engine", stamp, "built from source", names);
}
