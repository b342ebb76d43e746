# Connects, queries and disconnects in a loop until /tmp/stop is there: psql, for libpq.
# Since Linux 6.7 an address that went with its container is tried for two minutes, not for 3 s; libpq goes to the next after this.
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-5}
ok=0
failures=""
while [ ! -e /tmp/stop ]; do
    if said=$(psql -h pgbouncer -p 6432 -U "${PGUSER:-postgres}" -d tracksolid_db -qAtXc 'SELECT 1' 2>&1); then
        ok=$((ok + 1))
    else
        failures="$failures${failures:+,}\"$(date +%T) $(echo "$said" | tr '\n\t"\\' "    ")\""
    fi
    sleep 0.02
done
echo "{\"ok\":$ok,\"failures\":[$failures]}"
