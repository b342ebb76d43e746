"""Has pgAdmin do through the pooler what it does directly, and closes ways around its login. pgAdmin loads this file as it starts.
Whatever it finds in another form than it knows stays as pgAdmin has it, and the log says so. All names begin with _: pgAdmin takes
the others for settings.
"""

import functools as _functools
import importlib.abc as _abc
import json as _json
import os as _os
import select as _select
import socket as _socket
import sys as _sys
import threading as _threading
import time as _time

_MAJOR = 9  # of pgAdmin, for which this was written
_DRIVER = "pgadmin.utils.driver.psycopg3"
_POOLER = _os.environ.get("SIDECAR_POOLER")
_IDLE, _ACTIVE = 0, 1  # transaction states of a connection


def _say(what, why):
    print("config_local: %s: as pgAdmin has it, because %s" % (what, why), file=_sys.stderr, flush=True)


def _expect(function, *names):
    """Raises if the function's first arguments have other names."""
    found = function.__code__.co_varnames[: len(names)]
    if found != names:
        raise AttributeError("%s takes %s" % (function.__name__, ", ".join(found)))


def _kept(conn):
    """The values of the parameters that pgbouncer keeps for each session."""
    names = ("application_name", "client_encoding", "DateStyle", "IntervalStyle", "standard_conforming_strings", "TimeZone")
    return {name: conn.info.parameter_status(name) for name in names}


def _is_entrys(tab, conn):
    """Whether the session is of the entry's user, as whom a new one would be: a tab's own connection may be another's."""
    return conn.info.user == tab.manager.user


def _stop(module):
    """Has the Stop button stop a query. pgAdmin cancels by the process id that it got at login, and pgbouncer made that one up.
    The protocol's cancel request, which psql and libpq send, reaches the right backend. It does not reach a query that waits for
    a backend: that one's session is ended, which has no transaction yet, and pgbouncer drops the query."""
    connection = module.Connection
    own, own_message = connection.cancel_transaction, connection._formatted_exception_msg
    _expect(own, "self", "conn_id", "did")
    _expect(own_message, "self")
    if "_Connection__async_query_id" not in connection.__init__.__code__.co_names:
        raise AttributeError("its queries have no id")

    def query_of(running, conn):
        """The id of the query that runs on this connection, if one does."""
        return not conn.closed and conn.info.transaction_status == _ACTIVE and running._Connection__async_query_id

    def insist(running, conn, query):
        for _ in range(4):
            _time.sleep(0.5)
            if query_of(running, conn) != query:
                return
        if _is_entrys(running, conn):
            running.kept, running.stopped = _kept(conn), conn
        with _socket.socket(fileno=_os.dup(conn.fileno())) as session:
            session.shutdown(_socket.SHUT_RDWR)

    def cancel_transaction(self, conn_id, did=None):
        running = self.manager.connection(did=did, conn_id=conn_id)
        conn = running.conn
        if self.manager.host != _POOLER or not conn:
            return own(self, conn_id, did)
        query = query_of(running, conn)
        try:
            conn.cancel()
        except Exception as cause:  # the page shows it
            return False, str(cause)
        running.execution_aborted = True
        if query:
            _threading.Thread(target=insist, args=(running, conn, query), daemon=True).start()
        return True, ""

    def _formatted_exception_msg(self, *args):
        stopped = self.conn and self.conn is getattr(self, "stopped", None)
        return "The query was stopped while it waited for a backend." if stopped else own_message(self, *args)

    connection.cancel_transaction = cancel_transaction
    connection._formatted_exception_msg = _formatted_exception_msg


def _reconnect(module):
    """Replaces a session that ended while it was idle, or that Stop ended, and asks nobody: between transactions, it had nothing
    but its user and the parameters that pgbouncer keeps for it, which are set again. One of another user than the entry's is left
    to pgAdmin, which asks."""
    connection = module.Connection
    own = connection.connected
    _expect(own, "self")
    _expect(connection.connect, "self", "kwargs")
    lock = _threading.RLock()

    def is_lost(self):
        conn = self.conn
        if self.manager.host != _POOLER or not conn:
            return False
        if conn.closed:
            return conn is getattr(self, "stopped", None)
        poll = _select.poll()
        poll.register(conn.fileno(), _select.POLLRDHUP)
        return conn.info.transaction_status == _IDLE and _is_entrys(self, conn) and bool(poll.poll(0))

    def replace(self):
        old, self.conn = self.conn, None
        kept = self.kept if old.closed else _kept(old)
        try:
            done, _ = self.connect()
        except Exception:
            done = False
        if not done:
            self.conn, self.wasConnected = old, True  # the page asks, and can try again
            return
        now = _kept(self.conn)
        for name, value in kept.items():
            if value is not None and value != now[name]:
                self.execute_void("SET %s = '%s'" % (name, value.replace("'", "''")))
        old.pgconn.finish()

    def connected(self):
        if is_lost(self):
            with lock:
                if is_lost(self):
                    replace(self)
        return own(self)

    connection.connected = connected


def _server_cursor(module):
    """Has "Use server cursor?" show rows: 9.17 passes psycopg's server cursor an argument that it refuses."""
    cursor = module.AsyncDictServerCursor
    if "_execute" in vars(cursor) or "execute" in vars(cursor):
        raise AttributeError("it has its own way to execute")
    _expect(cursor._execute, "self", "query", "params", "prepare", "binary")

    async def _execute(self, query, params=None, *, prepare=None, binary=None):
        return await self.cursor.execute(self, query, params or None, binary=binary)

    cursor._execute = _execute


def _one_login(module):
    """Has only the login page's own address take passwords, which counts the wrong ones. Flask-Security's takes them as well, and
    counts none."""
    own = module.init_app
    _expect(own, "app")

    def init_app(app):
        def refuse():
            if module.request.endpoint == "security.login" and module.request.method == "POST":
                return module.redirect(module.url_for("security.login"))

        app.before_request(refuse)
        return own(app)

    module.init_app = init_app


def _count_passwords(module):
    """Has a wrong password count beside an identity provider, too. The provider's source calls any form valid, and pgAdmin counts
    only those that no source calls so; a form of the provider's button has no password."""
    source = module.OAuth2Authentication
    _expect(source.validate, "self", "form")
    source.validate = lambda self, form: ("oauth2_button" in module.request.form, None)


def _keep_second_factor(module):
    """Has a user give the code before the page that deletes the authenticator: pgAdmin checks that when it shows the page, but not
    when the page is sent."""
    own = module.registration_view
    if own.__code__.co_argcount:
        raise AttributeError("registration_view takes %s" % own.__code__.co_varnames[0])

    @_functools.wraps(own)
    def registration_view():
        known = module.current_user.is_authenticated and module.user_supported_mfa_methods()
        if known and not module.is_mfa_session_authenticated():
            return module.redirect(module.url_for("mfa.validate"))
        return own()

    module.registration_view = registration_view


_CHANGES = {
    _DRIVER + ".connection": {"Stop": _stop, "reconnecting": _reconnect},
    _DRIVER + ".cursor": {"the server cursor": _server_cursor},
    "pgadmin.authenticate": {"the one way to log in": _one_login},
    "pgadmin.authenticate.oauth2": {"counting wrong passwords": _count_passwords},
    "pgadmin.authenticate.mfa.views": {"the second factor": _keep_second_factor},
}


def _change(name, module):
    for what, change in _CHANGES[name].items():
        try:
            change(module)
        except Exception as why:  # pgAdmin has to start
            _say(what, why)


class _Finder(_abc.MetaPathFinder):
    """Changes these modules as soon as pgAdmin imports them."""

    def find_spec(self, name, path, target=None):
        if name not in _CHANGES:
            return None
        found = (each.find_spec(name, path, target) for each in _sys.meta_path if each is not self)
        spec = next(filter(None, found), None)
        if spec:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                _change(name, module)

            spec.loader.exec_module = exec_module
        return spec


def _unknown():
    """What is unknown about this pgAdmin, if anything is."""
    try:
        import version
        from version import APP_RELEASE
    except ImportError as why:
        return why
    here = _os.path.dirname(_os.path.abspath(version.__file__))  # pgAdmin's folder, which this file is not in
    if APP_RELEASE != _MAJOR:
        return "this is pgAdmin %s, and this file knows %s" % (APP_RELEASE, _MAJOR)
    if not _os.path.exists(_os.path.join(here, *_DRIVER.split("."), "connection.py")):
        return "it has another driver than %s" % _DRIVER
    return None


if _POOLER:
    _why = _unknown()
    if _why:
        _say("Stop, reconnecting and the ways around the login", _why)
    else:
        _sys.meta_path.insert(0, _Finder())
        for _name in _CHANGES.keys() & _sys.modules.keys():  # pgAdmin imported it before its settings
            _change(_name, _sys.modules[_name])

if "SIDECAR_OIDC" in _os.environ:
    globals().update(_json.loads(_os.environ["SIDECAR_OIDC"]))
    if "SIDECAR_OIDC_SECRET_FILE" in _os.environ:
        with open(_os.environ["SIDECAR_OIDC_SECRET_FILE"]) as _file:
            OAUTH2_CONFIG[0]["OAUTH2_CLIENT_SECRET"] = _file.read()
