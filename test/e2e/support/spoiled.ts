import * as fs from "fs";
import * as path from "path";
import { inLab, project } from "../../../lab/paths";

/** A program like ours, but for one upload of the pooler, whose text `change` (a JavaScript expression over `text`) spoils. */
export function spoiled(file: string, change: string): string {
    const folder = inLab("spoiled");
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(path.join(project, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    fs.copyFileSync(path.join(project, "tsconfig.json"), path.join(folder, "tsconfig.json"));
    fs.writeFileSync(
        path.join(folder, "index.ts"),
        `import * as pulumi from "@pulumi/pulumi";
pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    if (type !== "docker:index/container:Container" || name !== "pgbouncer") return undefined;
    const uploads = props.uploads.map((upload: any) =>
        upload.file.endsWith("/${file}") ? { ...upload, content: pulumi.output(upload.content).apply((text: string) => ${change}) } : upload);
    return { props: { ...props, uploads }, opts };
});
export = require("../../index");
`,
    );
    return folder;
}
