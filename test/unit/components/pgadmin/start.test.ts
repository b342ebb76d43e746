import { execFileSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";

const source = path.join(__dirname, "../../../../components/pgadmin/start");

test("the image is started without the password's file: it would put the password into pgAdmin's environment", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sidecar-start-"));
    const program = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program("python", 'echo "$(basename "$1") $PGADMIN_DEFAULT_PASSWORD_FILE"');
    program("entrypoint.sh", "env | grep PASSWORD; echo started");
    const distro = path.join(folder, "config_distro.py");
    const text = fs
        .readFileSync(source, "utf8")
        .replace("/venv/bin/python3", path.join(folder, "python"))
        .replace("/entrypoint.sh", path.join(folder, "entrypoint.sh"));
    const printed = execFileSync("sh", ["-c", text], {
        env: { PATH: process.env.PATH, PGADMIN_DEFAULT_PASSWORD_FILE: "/the/file", PGADMIN_CUSTOM_CONFIG_DISTRO_FILE: distro },
    }).toString();
    expect(printed).toMatch(/backup\.py \/the\/file\nrefresh\.py \/the\/file\n/);
    expect(printed).toMatch(/\nstarted\n$/);
    expect(printed).not.toContain("PASSWORD=");
    expect(printed).not.toContain("PASSWORD_FILE=");
    // Versions of the image that look for an empty file find one.
    expect(fs.readFileSync(distro, "utf8")).toBe("");
    fs.rmSync(folder, { recursive: true });
});
