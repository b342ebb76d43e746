import * as fs from "fs";
import * as path from "path";
import { inLab, project } from "../../../lab/paths";

/** How to run a program like ours that has one file of the pooler's settings spoiled: its ini, or its userlist. */
export function spoiled(file: "ini" | "userlist"): { cwd: string; env: NodeJS.ProcessEnv } {
    const folder = inLab("spoiled");
    fs.mkdirSync(folder, { recursive: true });
    const manifest = fs.readFileSync(path.join(project, "Pulumi.yaml"), "utf8");
    const main = path.relative(folder, path.join(__dirname, "spoiledprogram.ts"));
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), manifest.replace(/^main: .*$/m, `main: ${main}`));
    fs.copyFileSync(path.join(project, "tsconfig.json"), path.join(folder, "tsconfig.json"));
    return { cwd: folder, env: { TEST_SPOILS: file } };
}
