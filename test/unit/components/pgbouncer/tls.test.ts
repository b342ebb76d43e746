import { renderIni } from "../../../../components/pgbouncer/ini";
import { clientTlsFiles, serverTlsFiles, tlsLines, TlsIni } from "../../../../components/pgbouncer/tls";
import { settingsOf } from "../../fixture";

const plain: TlsIni = { serverTlsSslmode: "prefer", serverTlsCa: "", serverTlsCert: "", clientTlsSslmode: "disable" };

test("by default, pgbouncer asks the database for TLS as it did before there was a setting, and clients get none", () => {
    expect(tlsLines(plain)).toEqual(["server_tls_sslmode = prefer", "client_tls_sslmode = disable"]);
    expect(renderIni(settingsOf())).toContain("\nserver_tls_sslmode = prefer\nclient_tls_sslmode = disable\n");
});

test("the ini names each file that there is, and no other", () => {
    const lines = tlsLines({ serverTlsSslmode: "verify-ca", serverTlsCa: "CA", serverTlsCert: "CERT", clientTlsSslmode: "require" });
    const named = lines.filter((line) => line.includes("_file = ")).map((line) => line.split("/").at(-1));
    const files = [
        ...serverTlsFiles({ serverTlsCa: "CA", serverTlsCert: "CERT", serverTlsKey: "KEY" }),
        ...clientTlsFiles({ cert: "C", key: "K" }),
    ];
    expect(named).toEqual(files.map(({ name }) => name));
    expect(files.map(({ text }) => text)).toEqual(["CA", "CERT", "KEY", "C", "K"]);
    expect(serverTlsFiles({ serverTlsCa: "", serverTlsCert: "", serverTlsKey: "" })).toEqual([]);
});

test("with verify-full alone, pgbouncer looks the name up again within a second", () => {
    const dns = (serverTlsSslmode: TlsIni["serverTlsSslmode"]) => tlsLines({ ...plain, serverTlsSslmode, serverTlsCa: "CA" }).filter((line) => line.startsWith("dns_")); // prettier-ignore
    expect(dns("verify-full")).toEqual(["dns_max_ttl = 1", "dns_nxdomain_ttl = 1"]);
    expect(dns("verify-ca")).toEqual([]);
});
