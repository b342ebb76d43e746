# Prints what of the running pgAdmin decides whether a known vulnerability is open: its version, and vulnerabilities.ts's PgadminConfig.
import builtins, glob, json, os, pwd, sqlite3, sys

sys.path.insert(0, "/pgadmin4")
builtins.SERVER_MODE = True
import config

home = os.path.expanduser("~")
account = pwd.getpwuid(os.getuid()).pw_dir
named = ["PGPASSFILE", "PGSERVICEFILE", "PGSSLCERT", "PGSSLKEY", "KRB5CCNAME", "KRB5_CLIENT_KTNAME"]
places = ["/tmp/krb5cc_*", "/etc/pg_service.conf", "/var/lib/krb5/user/*/client.keytab"]
files = [".pgpass", ".pg_service.conf", ".postgresql/*.crt", ".postgresql/*.key", ".ssh/id_*", ".ssh/config"]
places += [os.path.join(folder, file) for folder in {home, account} for file in files]
found = [file for place in places for file in glob.glob(place)] + [name for name in named if os.environ.get(name)]

# Read only, and without waiting: a pgAdmin that is writing just now is asked by the next run.
with sqlite3.connect(f"file:{config.SQLITE_PATH}?mode=ro", uri=True) as database:
    users = database.execute("SELECT count(*) FROM user").fetchone()[0]
    chosen = database.execute(
        "SELECT 1 FROM user_preferences u JOIN preferences p ON p.id = u.pid WHERE p.name = 'default_provider' AND u.value <> '' LIMIT 1"
    ).fetchone()

print(json.dumps({
    "version": config.APP_VERSION,
    "config": {
        "sources": config.AUTHENTICATION_SOURCES,
        "hook": bool(getattr(config, "MASTER_PASSWORD_HOOK", None)),
        "assistant": bool(getattr(config, "DEFAULT_LLM_PROVIDER", "") or chosen),
        "users": users,
        "credentials": sorted(found),
    },
}))
