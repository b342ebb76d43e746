"""What gunicorn serves. Where there is no settings database yet, this makes it and loads servers.json into it; the
official image starts pgAdmin three times for that, and each takes seconds."""
import builtins
import os

from sqlalchemy import event
from sqlalchemy.engine import Engine

builtins.SERVER_MODE = True

import config  # noqa: E402

first = not os.path.isfile(config.SQLITE_PATH)
servers = os.environ.get("PGADMIN_SERVER_JSON_FILE", "/pgadmin4/servers.json")


def unsynced(connection, _):
    connection.execute("PRAGMA synchronous = OFF")


if first:  # several hundred commits: on a busy disk they take longer than all the rest
    event.listen(Engine, "connect", unsynced)

from pgAdmin4 import app  # noqa: E402

if first:
    from pgadmin.model import db
    from pgadmin.utils import load_database_servers

    user = os.environ["PGADMIN_SETUP_EMAIL"] if config.SERVER_MODE else config.DESKTOP_USER
    with app.test_request_context():
        if os.path.isfile(servers):
            try:
                load_database_servers(servers, None, user, True)
            except SystemExit:
                print(f"{servers} was not loaded")
        event.remove(Engine, "connect", unsynced)
        db.engine.dispose()
    os.sync()
