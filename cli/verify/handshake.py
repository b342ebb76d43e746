# Asks the pooler for TLS as libpq does, and checks its certificate with the CA that pgAdmin has: HOST PORT. Prints, as JSON, what it
# used, whether pgAdmin itself checks it, and when certificate and CA expire, in seconds since 1970.
import glob, json, os, socket, ssl, struct, sys
host, port = sys.argv[1], int(sys.argv[2])
entries = json.load(open(os.environ["PGADMIN_SERVER_JSON_FILE"]))
checks = "sslrootcert" in entries["Servers"]["1"]["ConnectionParameters"]
found = glob.glob("/var/lib/pgadmin/storage/*/pg-sidecar-ca.pem") if checks else []
if not found and (checks or "PoolerCa" not in entries): sys.exit("pgAdmin has no CA to check the pooler's certificate with")
context = ssl.create_default_context(cafile=found[0]) if found else ssl.create_default_context(cadata=entries.get("PoolerCa"))
with socket.create_connection((host, port), 10) as plain:
    plain.sendall(struct.pack("!ii", 8, 80877103))
    if plain.recv(1) != b"S": sys.exit("the pooler refuses TLS")
    try:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            shown = tls.getpeercert()
            print(json.dumps({
                "version": tls.version(), "cipher": tls.cipher()[0], "checks": checks, "issuer": dict(part[0] for part in shown["issuer"]).get("commonName", ""),
                "until": ssl.cert_time_to_seconds(shown["notAfter"]),
                "authorityUntil": min(ssl.cert_time_to_seconds(each["notAfter"]) for each in context.get_ca_certs()),
            }))
    except ssl.SSLError as cause:
        sys.exit(f"{host}:{port}: {cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else cause}")
