#!/bin/bash
# Starts PostgreSQL as postgres, and makes its cluster first where PGDATA holds none.
set -eu
case ${1:-} in -* | "") set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups env HOME=/var/lib/postgresql "$0" "$@"
fi

user=${POSTGRES_USER:-postgres} db=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
run_sql() { psql -X -v ON_ERROR_STOP=1 --no-password -U "$user" -d "$db" "$@"; }

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  [ -n "${POSTGRES_PASSWORD:-}" ] || { echo "POSTGRES_PASSWORD is needed to make the cluster" >&2; exit 1; }
  new=$PGDATA/new # moved in place when it is whole: a start that was killed begins again
  rm -rf "${PGDATA:?}"/*
  initdb --no-sync -D "$new" -U "$user" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local=trust --auth-host=scram-sha-256 \
    -c listen_addresses='*' -c shared_preload_libraries=timescaledb -c timescaledb.telemetry_level=off
  echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
  pg_ctl -D "$new" -w start -o "-c listen_addresses=''"
  [ "$db" = postgres ] || db=postgres run_sql -v name="$db" <<<'CREATE DATABASE :"name"'
  run_sql -c 'CREATE EXTENSION IF NOT EXISTS timescaledb'
  for f in /docker-entrypoint-initdb.d/*; do
    case $f in
      *.sh) if [ -x "$f" ]; then "$f"; else . "$f"; fi ;;
      *.sql) run_sql -f "$f" ;;
      *.sql.gz) gunzip -c "$f" | run_sql ;;
    esac
  done
  pg_ctl -D "$new" -m fast -w stop
  sync
  mv "$new"/[!P]* "$new"/PG* "$PGDATA"
  rmdir "$new"
fi
unset POSTGRES_PASSWORD
exec "$@"
