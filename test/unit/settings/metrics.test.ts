import { complaint, settingsOf } from "../fixture";

const metrics = "true";

test("without metrics, none of their settings matters", () => {
    expect(() => settingsOf({ metricsRole: "postgres", pgbouncerExporterImage: "exporter:latest" })).not.toThrow();
});

test.each([
    ["the provider's login", { metricsRole: "postgres" }, "sidecar_metrics"],
    ["the lookup role", { metricsRole: "pgbouncer_2" }, "sidecar_metrics"],
    ["the people's role", { metricsRole: "people", pgadminRole: "people" }, "sidecar_metrics"],
    ["an admin of the console", { adminUsers: ["postgres", "sidecar_metrics"] }, "pooler_metrics"],
])("the exporter's role may not be %s", (_, values, value) => {
    const said = complaint({ metrics, ...values });
    expect(said).toContain("metricsRole is ");
    expect(said).toContain(`pulumi config set --stack stage metricsRole ${value}`);
});

test("nobody else is the exporters' user on the console", () => {
    expect(complaint({ metrics, adminUsers: ["nobody"] })).toContain("adminUsers names nobody");
    expect(complaint({ metrics, pgadminRole: "nobody" })).toContain("pgadminRole is nobody");
    expect(complaint({ metrics, authUser: "nobody" })).toContain("authUser is nobody, so the pooler keeps nobody for itself");
    expect(complaint({ metrics, authUser: "nobody" })).toContain("pulumi config set --stack stage authUser pgbouncer");
});

test("the exporters' images need their digests", () => {
    expect(complaint({ metrics, postgresExporterImage: "exporter:1" })).toContain("postgresExporterImage is exporter:1, without a digest");
});

test.each([
    [{ metricsPort: "65534", processes: "2" }, "is 65534, and the exporters of 2 processes need the ports up to 65536", 65_533],
    [{ metricsPort: "5049", pgadminPort: "5050" }, "is 5049, so the exporters have the ports up to 5050, and 5050 is pgadminPort", 5051],
    [{ metricsPort: "65533", pgadminPort: "65534" }, "and 65534 is pgadminPort", 65_532],
    [{ metricsPort: "65534", pgadminPort: "65534", processes: "2" }, "is 65534, and the exporters of 2 processes", 65_531],
])("the exporters have ports of their own: %j", (values, what, value) => {
    const said = complaint({ metrics, ...values });
    expect(said).toContain(`metricsPort ${what}`.replace("metricsPort and", "and"));
    expect(said).toContain(`pulumi config set --stack stage metricsPort ${value}`);
    expect(() => settingsOf({ metrics, ...values, metricsPort: value })).not.toThrow();
    expect(() => settingsOf({ ...values, metrics: "false" })).not.toThrow();
});

test.each(["no network", "-x", "a/b"])("%s is no network", (metricsNetwork) => {
    expect(complaint({ metricsNetwork })).toContain("metricsNetwork is ");
});
