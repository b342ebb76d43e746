"""Has the Stop button stop what runs through the pooler. pgAdmin loads this file as it starts.

pgAdmin's own way is pg_cancel_backend with the pid of its connection. Through a pooler it has no effect: pgbouncer made that pid
up. The protocol's cancel request, which psql and libpq send, reaches the right backend. All names here begin with _, because
pgAdmin takes the others for settings.
"""

import importlib.abc as _abc
import importlib.util as _util
import os as _os
import sys as _sys

_DRIVER = "pgadmin.utils.driver.psycopg3.connection"
_MAJOR = 9  # of pgAdmin, whose driver this was written for
_POOLER = _os.environ.get("SIDECAR_POOLER")


def _say(text):
    print("config_local: " + text, file=_sys.stderr, flush=True)


def _problem(module):
    """Why this driver can't be changed; None if it can."""
    try:
        from version import APP_RELEASE
        if APP_RELEASE != _MAJOR:
            return "this is pgAdmin %s" % APP_RELEASE
        own = module.Connection.cancel_transaction
        if own.__code__.co_varnames[:3] != ("self", "conn_id", "did"):
            return "its cancel_transaction takes other arguments"
    except (AttributeError, ImportError) as cause:
        return str(cause)


def _patch(module):
    problem = _problem(module)
    if problem:
        _say("Stop has no effect through the pooler: %s, which this file does not know" % problem)
        return
    own = module.Connection.cancel_transaction

    def cancel_transaction(self, conn_id, did=None):
        if self.manager.host != _POOLER:
            return own(self, conn_id, did)
        running = self.manager.connection(did=did, conn_id=conn_id)
        try:
            running.conn.cancel()
        except Exception as cause:  # the page shows it
            return False, str(cause)
        running.execution_aborted = True
        return True, ""

    module.Connection.cancel_transaction = cancel_transaction


class _Finder(_abc.MetaPathFinder):
    """Has the driver changed as soon as pgAdmin imports it."""

    def find_spec(self, name, path, target=None):
        if name != _DRIVER:
            return None
        _sys.meta_path.remove(self)
        spec = _util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            _patch(module)

        spec.loader.exec_module = exec_module
        return spec


if _POOLER:
    _sys.meta_path.insert(0, _Finder())
