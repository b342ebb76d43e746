"""Brings a kept pgAdmin volume up to date: the login that the stack prints works, and the stack's own server entry is as
servers.json says. Users' other servers, their saved passwords and settings stay as they are."""

import builtins
import json
import os
import sys

sys.path.insert(0, "/pgadmin4")
builtins.SERVER_MODE = True

import config

config.LOG_FILE = "/dev/null"  # as in the image's own configuration, which is not written yet

from flask_security.utils import hash_password, verify_password
from pgadmin import create_app
from pgadmin.model import Role, Server, User, db
from pgadmin.tools.user_management import create_user
from pgadmin.utils import load_database_servers
from pgadmin.utils.constants import INTERNAL

email = os.environ["PGADMIN_DEFAULT_EMAIL"]
servers_file = os.environ["PGADMIN_SERVER_JSON_FILE"]
with open(os.environ["PGADMIN_DEFAULT_PASSWORD_FILE"]) as file:
    password = file.read()

app = create_app(config.APP_NAME + "-cli")  # migrates the volume's database, too
with app.test_request_context():
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

    with open(servers_file) as file:
        wanted = json.load(file)["Servers"]
    for key, entry in wanted.items():
        server = Server.query.filter_by(user_id=user.id, name=entry["Name"]).first()
        if server is None:
            load_database_servers(servers_file, [key], email, True)
            continue
        server.host = entry["Host"]
        server.port = entry["Port"]
        server.maintenance_db = entry["MaintenanceDB"]
        server.db_res = entry["DBRestriction"]
        server.db_res_type = entry["DBRestrictionType"]
        server.connection_params = entry["ConnectionParameters"]
        server.comment = entry["Comment"]
    # An entry of the stack's own that it has no longer; the users' carry no such mark.
    names = [entry["Name"] for entry in wanted.values()]
    mark = next(iter(wanted.values()))["Comment"]
    for server in Server.query.filter_by(user_id=user.id, comment=mark).filter(Server.name.not_in(names)):
        db.session.delete(server)
    db.session.commit()
