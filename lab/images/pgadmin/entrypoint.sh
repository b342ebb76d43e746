#!/bin/bash
# Starts pgAdmin under gunicorn; on an empty /var/lib/pgadmin that makes its database, first user and servers.

# Port 80 needs the python that carries the capability. Where file capabilities don't work, the plain one is used, and
# a port that nobody chose becomes 8080.
python=/venv/bin/python3-cap
bounding=0x$(awk '/^CapBnd:/ { print $2 }' /proc/self/status)
if grep -q '^NoNewPrivs:[[:space:]]*1' /proc/self/status || [ $((bounding & 1 << 10)) = 0 ]; then
  python=/venv/bin/python3
  if [ -z "$PGADMIN_LISTEN_PORT" ]; then
    PGADMIN_LISTEN_PORT=8080
    echo "Restricted security context: listening on port 8080."
  fi
fi

if [ -n "$PGADMIN_DEFAULT_PASSWORD_FILE" ]; then
  if [ -n "$PGADMIN_DEFAULT_PASSWORD" ]; then
    echo "error: PGADMIN_DEFAULT_PASSWORD and PGADMIN_DEFAULT_PASSWORD_FILE are both set" >&2
    exit 1
  fi
  if [ ! -r "$PGADMIN_DEFAULT_PASSWORD_FILE" ]; then
    echo "error: $PGADMIN_DEFAULT_PASSWORD_FILE, the PGADMIN_DEFAULT_PASSWORD_FILE, can't be read" >&2
    exit 1
  fi
  PGADMIN_DEFAULT_PASSWORD=$(<"$PGADMIN_DEFAULT_PASSWORD_FILE")
fi

# PGADMIN_CONFIG_NAME=value becomes NAME = value, once in the container's life.
export CONFIG_DISTRO_FILE_PATH=${PGADMIN_CUSTOM_CONFIG_DISTRO_FILE:-/pgadmin4/config_distro.py}
if [ ! -s "$CONFIG_DISTRO_FILE_PATH" ]; then
  {
    echo "CA_FILE = '/etc/ssl/certs/ca-certificates.crt'"
    echo "LOG_FILE = '/dev/null'"
    echo "DEFAULT_BINARY_PATHS = {'pg': '/usr/local/pgsql-17', 'pg-17': '/usr/local/pgsql-17'}"
    for v in ${!PGADMIN_CONFIG_@}; do
      case ${!v,,} in
        true) echo "${v#PGADMIN_CONFIG_} = True" ;;
        false) echo "${v#PGADMIN_CONFIG_} = False" ;;
        *) echo "${v#PGADMIN_CONFIG_} = ${!v}" ;;
      esac
    done
  } >"$CONFIG_DISTRO_FILE_PATH"
fi

cd /pgadmin4 || exit 1
if [ ! -f /var/lib/pgadmin/pgadmin4.db ]; then
  if [ -z "$PGADMIN_DEFAULT_EMAIL" ] || [ -z "$PGADMIN_DEFAULT_PASSWORD" ]; then
    echo "PGADMIN_DEFAULT_EMAIL and PGADMIN_DEFAULT_PASSWORD (or PGADMIN_DEFAULT_PASSWORD_FILE) must be set."
    exit 1
  fi
  # the same check as pgAdmin's own dialogs make, and with nothing of pgAdmin loaded for it
  PYTHONPATH=pgadmin/utils /venv/bin/python3 - "$PGADMIN_DEFAULT_EMAIL" <<'EOF' || exit 1
import ast, os, sys
from validation_utils import validate_email

setting = {"CHECK_EMAIL_DELIVERABILITY": "False", "ALLOW_SPECIAL_EMAIL_DOMAINS": "[]", "GLOBALLY_DELIVERABLE": "True"}
setting = {n: ast.literal_eval(os.environ.get("PGADMIN_CONFIG_" + n) or d) for n, d in setting.items()}
if not validate_email(sys.argv[1], setting):
    sys.exit(f"'{sys.argv[1]}' does not appear to be a valid email address: set another PGADMIN_DEFAULT_EMAIL.")
EOF
  export PGADMIN_SETUP_EMAIL=$PGADMIN_DEFAULT_EMAIL PGADMIN_SETUP_PASSWORD=$PGADMIN_DEFAULT_PASSWORD # run_pgadmin.py's
  if [ -f "$PGPASS_FILE" ]; then
    home=/var/lib/pgadmin/storage/${PGADMIN_DEFAULT_EMAIL//@/_}
    [ "$PGADMIN_CONFIG_SERVER_MODE" != False ] || home=/var/lib/pgadmin
    mkdir -p "$home" && install -m 600 "$PGPASS_FILE" "$home/.pgpass"
  fi
elif [ "$PGADMIN_REPLACE_SERVERS_ON_STARTUP" = True ]; then
  servers=${PGADMIN_SERVER_JSON_FILE:-/pgadmin4/servers.json}
  user=(--user "$PGADMIN_DEFAULT_EMAIL")
  [ "$PGADMIN_CONFIG_SERVER_MODE" != False ] || user=()
  [ ! -f "$servers" ] || /venv/bin/python3 setup.py load-servers "$servers" "${user[@]}" --replace
fi

[ -n "$PGADMIN_DISABLE_POSTFIX" ] || echo "This image has no postfix: no mail is sent."
exec "$python" /venv/bin/gunicorn -c gunicorn_config.py -w 1 --threads "${GUNICORN_THREADS:-25}" \
  --bind "${PGADMIN_LISTEN_ADDRESS:-[::]}:${PGADMIN_LISTEN_PORT:-80}" --access-logfile "${GUNICORN_ACCESS_LOGFILE:--}" \
  --limit-request-line "${GUNICORN_LIMIT_REQUEST_LINE:-8190}" \
  --limit-request-fields "${GUNICORN_LIMIT_REQUEST_FIELDS:-100}" \
  --limit-request-field_size "${GUNICORN_LIMIT_REQUEST_FIELD_SIZE:-8190}" run_pgadmin:app
