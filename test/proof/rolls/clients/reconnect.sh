# Connects, queries and disconnects without a pause until /tmp/stop is there: psql, for libpq. Prints each hundredth.
# Since Linux 6.7 an address that went with its container is tried for two minutes, not for 3 s; libpq goes to the next after this.
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-5}
ok=0 failed=0 longest=0 said=""

# usage: now
# Sets `now` to hundredths of seconds: busybox's date has no fractions.
now() {
    read -r now _ < /proc/uptime
    now=${now%.*}${now#*.}
}

while [ ! -e /tmp/stop ]; do
    now
    from=$now
    if words=$(psql -h pgbouncer -p 6432 -U postgres -d tracksolid_db -qAtXc 'SELECT 1' 2>&1); then
        ok=$((ok + 1))
        [ $((ok % 100)) != 0 ] || echo "$ok"
    else
        failed=$((failed + 1))
        [ "$failed" -gt 20 ] || said="$said${said:+,}\"$(date -u +%T) $(echo "$words" | tr '\n\t"\\' "    ")\""
    fi
    now
    took=$(((now - from) * 10))
    [ "$took" -le "$longest" ] || longest=$took
done
echo "{\"ok\":$ok,\"failed\":$failed,\"longest\":$longest,\"said\":[$said]}"
