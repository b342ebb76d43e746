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
            .filter((line) => sidecar || !/ (pg-sidecar-\w+$|.*pg-sidecar\/local$)|^(pgbouncer-files|pgadmin-secrets)-\w+$/.test(line))
            .sort();
    // Newer dumps guard themselves with a random word.
    const steady = (text: string) => text.replace(/^\\(un)?restrict .*$/gm, "");
    const [schema, roles, networks, containers, volumes] = await Promise.all([
        inDatabase("pg_dump", "--schema-only", "tracksolid_db").then(steady),
        inDatabase("pg_dumpall", "--roles-only", ...(sidecar ? [] : ["--no-role-passwords"])).then(steady),
        lines("network", "ls", "--filter", "type=custom", "--format", "{{.ID}} {{.Name}}"),
        lines("ps", "-a", "--format", '{{.ID}} {{.Names}} {{.Label "pg-sidecar.stack"}}'),
        lines("volume", "ls", "--format", "{{.Name}}"),
    ]);
    return { schema, roles, networks, containers, volumes };
}
