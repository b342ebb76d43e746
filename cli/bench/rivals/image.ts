import * as path from "path";
import { Identity } from "../../../lab/identity";
import { packagedImage } from "../../../lab/packagedimage";
import { attempt } from "../../../lab/run";
import { Rival } from "./rival";

/** The image with both rivals, from Debian's packages. Built when it is first wanted; only the lab has one. */
export const rivalsImage = ({ registryPort }: Pick<Identity, "registryPort">): Promise<string> =>
    packagedImage({ name: "rivals", folder: path.join(__dirname, "image"), registryPort });

/** The version of a rival in that image. */
export async function rivalVersion(image: string, { program }: Pick<Rival, "program">): Promise<string> {
    const { stdout, stderr } = await attempt("docker", ["run", "--rm", "--network", "none", image, program, "--version"]);
    return versionIn(stdout + stderr); // pgagroal prints it and ends with 1
}

/** The version in what a program prints of itself. Throws if there is none. */
export function versionIn(printed: string): string {
    const version = /\d+(\.\d+)+/.exec(printed)?.[0];
    if (!version) throw new Error(`no version in ${JSON.stringify(printed)}`);
    return version;
}
