# SESSIONS sessions of psql, each of which queries ten times a second until /tmp/stop is there.
session() {
    while [ ! -e /tmp/stop ]; do
        echo "SELECT 'ok';"
        sleep 0.1
    done | psql -h pgbouncer -p 6432 -U postgres -d tracksolid_db -qAtX -v ON_ERROR_STOP=1 > "/tmp/ok-$1" 2> "/tmp/said-$1" || echo "$1" >> /tmp/cut
}
: > /tmp/cut
for each in $(seq "$SESSIONS"); do session "$each" & done
wait
said=$(for each in $(cat /tmp/cut); do tail -n 1 "/tmp/said-$each"; done | tr '\n\t"\\' "    ")
echo "{\"ok\":$(cat /tmp/ok-* | wc -l),\"failed\":$(wc -l < /tmp/cut),\"said\":[\"$said\"]}"
