"""Has the stack's own files for pgAdmin take what stdin has, in a folder of their own, and prints what pgAdmin then knows of it."""

import builtins
import contextlib
import json
import os
import runpy
import sqlite3
import sys
import tempfile

ours = "/tmp/pg-sidecar/"
given = json.load(sys.stdin)

pooler = os.environ.pop("SIDECAR_POOLER")  # the provider's settings alone
providers = []
for text in given["providers"]:
    os.environ["SIDECAR_OIDC"] = text
    found = runpy.run_path(ours + "config_local.py")
    providers.append({name: found[name] for name in json.loads(text)})
del os.environ["SIDECAR_OIDC"]
os.environ["SIDECAR_POOLER"] = pooler

with tempfile.TemporaryDirectory() as folder:
    os.environ["PGADMIN_SERVER_JSON_FILE"] = folder + "/servers.json"
    with open(folder + "/servers.json", "w") as file:
        json.dump({"Servers": given["servers"]}, file)
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        sys.path.insert(0, "/pgadmin4")
        builtins.SERVER_MODE = True
        import config

        config.DATA_DIR = folder
        config.STORAGE_DIR = folder + "/storage"
        os.mkdir(config.STORAGE_DIR)
        runpy.run_path(ours + "refresh.py")
        os._exit(1)  # it ends by itself
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("refresh.py failed")
    with contextlib.closing(sqlite3.connect(folder + "/pgadmin4.db")) as database:
        database.row_factory = sqlite3.Row
        servers = [dict(row) for row in database.execute("SELECT * FROM server ORDER BY id")]
print(json.dumps({"providers": providers, "servers": servers}))
