#!/bin/sh
# Starts the command. A pgbouncer.ini that is there stays as it is; without one, a small one is made of DB_* and others.
set -e
ini=/etc/pgbouncer/pgbouncer.ini
users=${AUTH_FILE:-/etc/pgbouncer/userlist.txt}

[ -e "$users" ] || : >"$users"
if [ -n "$DB_USER" ] && [ -n "$DB_PASSWORD" ] && ! grep -qF "\"$DB_USER\" " "$users"; then
  case $AUTH_TYPE in
    plain | scram-sha-256) secret=$DB_PASSWORD ;;
    *) secret=md5$(printf %s "$DB_PASSWORD$DB_USER" | md5sum | cut -c 1-32) ;;
  esac
  printf '"%s" "%s"\n' "$DB_USER" "$secret" >>"$users"
fi

if [ ! -f "$ini" ]; then
  : "${DB_HOST:?is needed when there is no pgbouncer.ini}"
  {
    echo "[databases]"
    echo "${DB_NAME:-*} = host=$DB_HOST port=${DB_PORT:-5432} auth_user=${DB_USER:-postgres}"
    echo "[pgbouncer]"
    echo "listen_addr = ${LISTEN_ADDR:-0.0.0.0}"
    echo "listen_port = ${LISTEN_PORT:-5432}"
    echo "unix_socket_dir ="
    echo "user = postgres"
    echo "auth_file = $users"
    echo "auth_type = ${AUTH_TYPE:-md5}"
    echo "admin_users = ${ADMIN_USERS:-postgres}"
    echo "ignore_startup_parameters = ${IGNORE_STARTUP_PARAMETERS:-extra_float_digits}"
    for s in auth_user auth_query auth_dbname pool_mode max_client_conn default_pool_size min_pool_size \
      reserve_pool_size max_db_connections server_reset_query server_reset_query_always server_idle_timeout; do
      eval "value=\$$(echo $s | tr a-z A-Z)"
      [ -z "$value" ] || echo "$s = $value"
    done
  } >"$ini"
  cat "$ini"
fi
echo "Starting $*"
exec "$@"
