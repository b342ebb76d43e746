import * as fs from "fs";
import * as path from "path";
import { passfile, poolerCaFile, renderServers } from "../../../../components/pgadmin/servers";

test("servers.json registers the pooler, and only the databases it serves", () => {
    const { Servers } = JSON.parse(
        renderServers({ host: "pgbouncer", port: 6432, databases: ["tracksolid_db", "metrics"], username: "postgres" }),
    );
    expect(Object.keys(Servers)).toEqual(["1"]);
    expect(Servers["1"]).toMatchObject({
        Name: "tracksolid_db (via pgbouncer)",
        Host: "pgbouncer",
        Port: 6432,
        MaintenanceDB: "tracksolid_db",
        Username: "postgres",
        SSLMode: "disable",
        DBRestriction: "tracksolid_db,metrics",
        DBRestrictionType: "databases",
    });
    expect(Servers["1"]).not.toHaveProperty("PrepareThreshold");
});

test("with the CA of the pooler's certificate, pgAdmin checks it and the name; the direct entry stays as it is", () => {
    const pooled = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "postgres", poolerCa: "CA" };
    const { Servers, PoolerCa } = JSON.parse(renderServers({ ...pooled, direct: { host: "timescale_db", port: 5432 } }));
    expect(Servers["1"]).toMatchObject({
        SSLMode: "verify-full",
        ConnectionParameters: { sslmode: "verify-full", sslrootcert: poolerCaFile },
    });
    expect(Servers["2"].ConnectionParameters).toEqual({ sslmode: "prefer", connect_timeout: 10 });
    expect(PoolerCa).toBe("CA");
    expect(renderServers({ ...pooled, poolerCa: undefined })).not.toContain("PoolerCa");
});

test("a direct entry exists only if it is asked for", () => {
    const pooled = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "postgres" };
    const { Servers } = JSON.parse(renderServers({ ...pooled, direct: { host: "timescale_db", port: 5432 } }));
    expect(Object.keys(Servers)).toEqual(["1", "2"]);
    expect(Servers["2"]).toMatchObject({ Name: "tracksolid_db (direct)", Host: "timescale_db", Port: 5432, Comment: Servers["1"].Comment });
});

test("entries are everybody's only if that is asked for", () => {
    const entry = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "postgres" };
    expect(JSON.parse(renderServers({ ...entry, shared: true })).Servers["1"].Shared).toBe(true);
    expect(JSON.parse(renderServers(entry)).Servers["1"]).not.toHaveProperty("Shared");
});

test("a passfile is named in each entry, in the login's own folder, if there is one", () => {
    const pooled = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "people", direct: { host: "db", port: 5432 } };
    const of = (passfile?: boolean) => Object.values<any>(JSON.parse(renderServers({ ...pooled, passfile })).Servers);
    for (const { ConnectionParameters } of of(true)) expect(ConnectionParameters.passfile).toBe("/.pg-sidecar.pgpass");
    for (const { ConnectionParameters } of of()) expect(ConnectionParameters).not.toHaveProperty("passfile");
});

test("refresh.py writes the file that the entries name", () => {
    const program = fs.readFileSync(path.join(__dirname, "../../../../components/pgadmin/refresh.py"), "utf8");
    expect(program).toContain(`passfile = "${passfile.replace("/", "")}"`);
});
