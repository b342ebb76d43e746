import { run } from "../../../lab/run";
import { Sidecar } from "./stack";

/** What is on the host and in the database: all of it, or without what is the standing sidecar's own. */
export async function outside({ lab }: Sidecar, { sidecar = true } = {}) {
    const inDatabase = (...command: string[]) => run("docker", ["exec", "-u", "postgres", lab.databaseContainer, ...command]);
    const lines = async (...args: string[]) =>
        (await run("docker", args))
            .trim()
            .split("\n")
            .map((line) => line.trimEnd())
            .filter((line) => sidecar || !/ (pg-sidecar-\w+$|.*pg-sidecar\/local$)|^pgbouncer-settings-\w+$/.test(line))
            .sort();
    // Newer dumps guard themselves with a random word.
    const steady = (text: string) => text.replace(/^\\(un)?restrict .*$/gm, "");
    return {
        schema: steady(await inDatabase("pg_dump", "--schema-only", "tracksolid_db")),
        roles: steady(await inDatabase("pg_dumpall", "--roles-only", ...(sidecar ? [] : ["--no-role-passwords"]))),
        networks: await lines("network", "ls", "--filter", "type=custom", "--format", "{{.ID}} {{.Name}}"),
        containers: await lines("ps", "-a", "--format", '{{.ID}} {{.Names}} {{.Label "pg-sidecar.stack"}}'),
        volumes: await lines("volume", "ls", "--format", "{{.Name}}"),
    };
}
