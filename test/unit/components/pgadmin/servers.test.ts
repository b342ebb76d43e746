import { renderServers } from "../../../../components/pgadmin/servers";

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

test("a direct entry exists only if it is asked for", () => {
    const pooled = { host: "pgbouncer", port: 6432, databases: ["tracksolid_db"], username: "postgres" };
    const { Servers } = JSON.parse(renderServers({ ...pooled, direct: { host: "timescale_db", port: 5432 } }));
    expect(Object.keys(Servers)).toEqual(["1", "2"]);
    expect(Servers["2"]).toMatchObject({ Name: "tracksolid_db (direct)", Host: "timescale_db", Port: 5432, Comment: Servers["1"].Comment });
});
