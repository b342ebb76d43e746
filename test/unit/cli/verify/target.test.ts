import { settingsOf } from "../../../../cli/stack";
import { targetOf } from "../../../../cli/verify/target";
import { complaint } from "../../fixture";
import { outputs, settings, values } from "./fixture";

describe("the target", () => {
    test("is made of outputs and settings, and the outputs contain no secret", () => {
        const target = targetOf("org/pg-sidecar/stage", outputs, settings);
        expect(target).toMatchObject({ owner: "pg-sidecar/stage", login: { user: "postgres", password: "hunter22" } });
        expect(target).toMatchObject({ dockerCommand: "docker" });
        expect(target.deployed).toMatchObject({ databases: ["tracksolid_db"], pipelineTable: "tracksolid.ingestion_log" });
        expect(JSON.stringify(outputs)).not.toContain("hunter22");
    });

    test("puts the tunnel into its command lines if it is the way to the database", () => {
        const far = targetOf("stage", outputs, { ...settings, docker: { host: "ssh://me@there", sshOpts: [] } });
        expect(far).toMatchObject({
            upCommand: "./sidecar tunnel --stack stage -- pulumi up --stack stage",
        });
        expect(far.psqlCommand("dwh", "SELECT 1")).toBe(
            "./sidecar tunnel --stack stage -- psql -h 127.0.0.1 -p 5432 -U postgres -d dwh -c 'SELECT 1'",
        );
    });

    test("reads what `pulumi config --json` prints", () => {
        const config = Object.fromEntries(
            Object.entries(values).map(([key, value]) => [key, { value, secret: key === "postgresql:password" }]),
        );
        const read = settingsOf("org/pg-sidecar/stage", config, { DOCKER_HOST: "ssh://me@there" });
        expect(read).toEqual({ ...settings, docker: { host: "ssh://me@there", sshOpts: [] } });
    });

    test("of a stack without pgAdmin has no container of it", () => {
        const alone = Object.fromEntries(Object.entries(outputs).filter(([name]) => name !== "pgadminContainer"));
        expect(targetOf("stage", alone, settings).outputs.pgadminContainer).toBeUndefined();
    });

    test.each<[string, unknown, RegExp]>([
        ["that is not up", {}, /is not up.*\n.*pulumi up --stack stage/],
        ["of an older program", { ...outputs, deployed: undefined }, /another version.*deployed.*\n.*pulumi up --stack stage/],
        ["that lacks a single value", { ...outputs, deployed: { ...outputs.deployed, listenPort: undefined } }, /deployed\.listenPort/],
    ])("a stack %s is refused with the remedy", (_, given, said) => {
        expect(() => targetOf("stage", given, settings)).toThrow(said);
    });

    test.each([["tracksolid."], ["ingestion_log"], ["a.b.c"], ["a.b; DROP"]])("pipelineTable %j is refused", (pipelineTable) => {
        expect(complaint({ pipelineTable })).toMatch(/pipelineTable is .* must be schema.table/);
    });
});
