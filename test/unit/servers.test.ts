import { renderServers } from "../../components/pgadmin/servers";

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
