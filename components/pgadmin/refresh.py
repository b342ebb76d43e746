"""Makes pgAdmin's database on an empty volume and brings a kept one up to date: the login that the stack prints works, and
the stack's own server entry leads to the pooler. What people made or changed in pgAdmin stays as it is.

All of it happens on a copy, which takes the database's place once it is whole: a start that is cut, or a migration that
fails, leaves the database as it was. With SIDECAR_TRIAL_OF set to another volume's folder, the same is tried on a copy of
that volume's database, which stays untouched."""

import ast
import builtins
import contextlib
import json
import os
import re
import sqlite3
import sys
import unicodedata
from pathlib import Path

sys.path.insert(0, "/pgadmin4")
builtins.SERVER_MODE = True

try:
    import config
except ModuleNotFoundError:
    sys.exit("refresh: there is no pgAdmin in this image")

least = (9, 16)  # the first whose entrypoint starts without capabilities and new privileges
if (config.APP_RELEASE, config.APP_REVISION) < least:
    sys.exit(f"refresh: this is pgAdmin {config.APP_VERSION}; the stack needs {least[0]}.{least[1]} or newer")

# The image's own configuration, which is not written yet at a container's first start.
config.LOG_FILE = "/dev/null"
config.ALLOW_SPECIAL_EMAIL_DOMAINS = ast.literal_eval(os.environ.get("PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS", "[]"))

home = Path(config.DATA_DIR)
database = Path(os.environ.get("SIDECAR_TRIAL_OF", home)) / "pgadmin4.db"
copy = home / "pgadmin4.db.next"
email = os.environ["PGADMIN_DEFAULT_EMAIL"]
servers_file = os.environ["PGADMIN_SERVER_JSON_FILE"]
with open(os.environ["PGADMIN_DEFAULT_PASSWORD_FILE"], encoding="utf-8", newline="") as file:
    password = unicodedata.normalize("NFKD", file.read())  # as the login form does, but not what makes a user: "ä" could not log in
with open(servers_file, encoding="utf-8") as file:
    given = json.load(file)
wanted, pooler_ca = given["Servers"], given.get("PoolerCa")
mark = next(iter(wanted.values()))["Comment"]


# What pgAdmin itself writes before anybody logs in; a row in any other table is somebody's.
its_own = {"version", "alembic_version", "role", "roles_users", "user", "keys", "servergroup", "macros", "sqlite_sequence"}
its_own |= {"module_preference", "preference_category", "preferences"}


def nobodys():
    """Whether the database is what a first start left that was cut: no login but the stack's, and nothing of anybody's."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True)) as found:
        tables = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if any(found.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() for table in tables - its_own):
            return False
        users = found.execute("SELECT email FROM user").fetchall() if "user" in tables else []
    return all(user == (email,) for user in users)


def take_copy():
    """Leaves a copy of the database where there is one; a half-made one is put aside."""
    for old in home.glob(copy.name + "*"):
        old.unlink()
    if not database.exists():
        return False
    if nobodys():
        print("refresh: the volume's pgadmin4.db was left half made by a start that was cut; it is made again", flush=True)
        if database.parent == home:
            database.replace(home / "pgadmin4.db.cut")
        return False
    with (
        contextlib.closing(sqlite3.connect(f"file:{database}?mode=rw", uri=True)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return True


os.umask(0o077)
try:
    kept = take_copy()
except sqlite3.Error as cause:
    sys.exit(f"refresh: {database} can't be read ({cause}): put a backup in its place (docs/RUNBOOK.md, Restore pgAdmin)")
if not kept:
    os.environ.update(PGADMIN_SETUP_EMAIL=email, PGADMIN_SETUP_PASSWORD=password)  # the first login's, read by create_app
config.SQLITE_PATH = str(copy)

from flask_security.utils import hash_password, verify_password
from pgadmin import create_app
from pgadmin.model import Role, Server, User, db
from pgadmin.tools.user_management import create_user
from pgadmin.utils import load_database_servers
from pgadmin.utils.constants import INTERNAL
from pgadmin.utils.paths import get_storage_directory
from pgadmin.utils.validation_utils import validate_email
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

if not validate_email(email):
    sys.exit(f"refresh: pgAdmin takes no {email} for an e-mail address")


@event.listens_for(Engine, "connect")
def unsynced(connection, _):
    """Several hundred commits, on a file that is synced once, when it is whole."""
    connection.execute("PRAGMA synchronous = OFF")


def refresh_user():
    user = User.query.filter_by(username=email, auth_source=INTERNAL).first()
    if user is None:
        administrator = Role.query.filter_by(name="Administrator").first()
        made, message = create_user(
            {
                "email": email,
                "role": administrator.id,
                "active": True,
                "auth_source": INTERNAL,
                "newPassword": password,
                "confirmPassword": password,
            }
        )
        if not made:
            sys.exit(f"refresh: {email} can't be made a user of pgAdmin: {message}")
        user = User.query.filter_by(username=email, auth_source=INTERNAL).first()
        print(f"refresh: made the user {email}")
    elif not verify_password(password, user.password):
        user.password = hash_password(password)
        # pgAdmin keeps saved server passwords under a key made from the login's: the old ones can't be read any more.
        Server.query.filter_by(user_id=user.id).update({"password": None, "save_password": 0})
        print(f"refresh: set the password of {email}; pgAdmin will ask for the servers' passwords again")
    user.active, user.locked, user.login_attempts = True, False, 0
    return user


# What the stack wrote last into an entry, and which entry that is: what differs from it is a person's choice.
memory = "pg_sidecar_entry"
always = {"host": "Host", "port": "Port", "maintenance_db": "MaintenanceDB", "db_res": "DBRestriction", "db_res_type": "DBRestrictionType"}
unless_changed = {"name": "Name", "username": "Username", "comment": "Comment", "connection_params": "ConnectionParameters"}
unless_changed |= {"shared": "Shared", "shared_username": "SharedUsername"}  # set only beside an identity provider


def merged(found, before, now):
    """A person's parameters with the stack's new ones: each that is as the stack wrote it follows the stack."""
    follow = {key for key in {*before, *now} if found.get(key) == before.get(key)}
    kept = {key: value for key, value in found.items() if key not in follow}
    return {**kept, **{key: value for key, value in now.items() if key in follow}}


def refresh_entries(user):
    known = db.inspect(db.engine).has_table(memory)
    if not known:
        db.session.execute(text(f"CREATE TABLE {memory} (user_id int, entry text, server_id int, wrote text, PRIMARY KEY (user_id, entry))"))
    remembered = {
        entry: (server_id, json.loads(wrote))
        for entry, server_id, wrote in db.session.execute(
            text(f"SELECT entry, server_id, wrote FROM {memory} WHERE user_id = :user"), {"user": user.id}
        )
    }
    servers = Server.query.filter_by(user_id=user.id).order_by(Server.id).all()

    def same_as(key):
        """The entry that was remembered; SQLite may have given its number to another since it was deleted."""
        number, wrote = remembered[key]
        return next((s for s in servers if s.id == number and (s.comment == mark or (s.host, s.port) == (wrote["Host"], wrote["Port"]))), None)

    def alike(entry):
        """Of a volume on which nothing is remembered: the entry that is the stack's by its mark, whatever it is called by now."""
        if remembered:
            return None
        sslmode = entry["ConnectionParameters"]["sslmode"]
        marked = [s for s in servers if s.comment == mark]
        return next(
            (s for s in marked if s.name == entry["Name"]),
            next((s for s in marked if (s.connection_params or {}).get("sslmode") == sslmode), None),
        ) or next((s for s in servers if (s.name, s.host) == (entry["Name"], entry["Host"])), None)

    for key, entry in wanted.items():
        server = same_as(key) if key in remembered else alike(entry)
        # Without a memory: a name and comment that differ are a person's; a login was `postgres` unless somebody chose.
        before = remembered[key][1] if key in remembered else {"Username": "postgres", "ConnectionParameters": getattr(server, "connection_params", None)}
        if server is None:
            load_database_servers(servers_file, [key], email, True)
            server = Server.query.filter_by(user_id=user.id, name=entry["Name"], comment=mark).order_by(Server.id.desc()).first()
        else:
            user_before = server.username
            for field, named in always.items():
                setattr(server, field, entry[named])
            for field, named in unless_changed.items():
                if (getattr(server, field) or None) == (before.get(named) or None):
                    setattr(server, field, entry.get(named))
                elif field == "connection_params":
                    setattr(server, field, merged(getattr(server, field) or {}, before.get(named) or {}, entry[named]))
            # libpq prefers a saved password to the passfile's, and it is another user's if the entry has another now.
            own_file = entry["ConnectionParameters"].get("passfile")
            in_file = own_file and server.connection_params.get("passfile") == own_file and server.username == entry["Username"]
            if in_file or server.username != user_before:
                server.password, server.save_password = None, 0
        db.session.execute(
            text(f"INSERT OR REPLACE INTO {memory} VALUES (:user, :entry, :server, :wrote)"),
            {"user": user.id, "entry": key, "server": server.id, "wrote": json.dumps(entry)},
        )
    # An entry of the stack's own that it has no longer.
    for key in remembered.keys() - wanted.keys():
        if server := same_as(key):
            db.session.delete(server)
        db.session.execute(text(f"DELETE FROM {memory} WHERE user_id = :user AND entry = :entry"), {"user": user.id, "entry": key})
    if not known:
        names = [entry["Name"] for entry in wanted.values()]
        for server in servers:
            if server.comment == mark and server.name not in names and re.fullmatch(r".* \(direct\)", server.name):
                db.session.delete(server)


def store_ca(user):
    """Puts the CA of the pooler's certificate where pgAdmin looks for it: into the login's storage. A former login keeps its
    entries, which check by a copy of its own: that one follows, too."""
    if pooler_ca is None or database.parent != home:
        return
    name = next(iter(wanted.values()))["ConnectionParameters"].get("sslrootcert", "").lstrip("/")
    if not name:
        return
    for folder in {Path(get_storage_directory(user=user)), *(old.parent for old in Path(config.STORAGE_DIR).glob(f"*/{name}"))}:
        part = folder / (name + ".part")
        part.write_text(pooler_ca)
        part.replace(folder / name)


passfile = ".pg-sidecar.pgpass"


def refresh_passfile(user):
    """Writes the passwords of the stack's own entries where pgAdmin finds them for this login, as libpq reads them; without a
    password, and for every other login, there is no such file."""
    for old in Path(config.STORAGE_DIR).glob(f"*/{passfile}*"):
        old.unlink()
    given = os.environ.get("SIDECAR_ROLE_PASSWORD_FILE")
    if not given:
        return

    def word(text):
        return re.sub(r"([\\:])", r"\\\1", str(text))

    secret = Path(given).read_text()
    lines = [":".join([word(e["Host"]), word(e["Port"]), "*", word(e["Username"]), word(secret)]) for e in wanted.values()]
    file = Path(get_storage_directory(user)) / passfile
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write("\n".join(lines) + "\n")


try:
    # Migrates a kept database, or makes one; only a kept one may be opened as "cli".
    app = create_app(config.APP_NAME + ("-cli" if kept else ""))
except Exception as cause:
    sys.exit(f"refresh: this pgAdmin can't take over the volume, which is left as it was: {cause}")
if os.environ.get("CORRUPTED_DB_BACKUP_FILE"):  # it gave up the copy, and began with an empty database
    sys.exit("refresh: this pgAdmin can't migrate the volume's pgadmin4.db, which is left as it was")
with app.test_request_context():
    user = refresh_user()
    refresh_entries(user)
    store_ca(user)
    refresh_passfile(user)
    db.session.commit()
    db.session.remove()
    db.engine.dispose()

descriptor = os.open(copy, os.O_RDWR)
os.fsync(descriptor)
os.close(descriptor)
if database.parent == home:
    copy.replace(database)
for old in home.glob(copy.name + "*"):
    old.unlink()
os.sync()
sys.stdout.flush()
os._exit(0)  # what create_app started in threads is not waited for
