# Splits what it is given into files, has one pgbouncer load each of $1 inis by RELOAD, and prints what its console then shows.
mkdir -p /tmp/r && cd /tmp/r || exit 1
cat > all
awk '/^@@ / { file = $2; next } { print > file }' all
own() { sed -e 's|^auth_file = .*|auth_file = /tmp/r/'$1'.txt|' -e 's|^unix_socket_dir = .*|unix_socket_dir = /tmp/r|' -e 's|^listen_port = .*|listen_port = 6432|' -e 's|^listen_addr = .*|listen_addr =|' -e '/^tcp_defer_accept/d' $1.ini > ini; }
own 0
pgbouncer ini > log 2>&1 &
for i in $(seq 50); do [ -S .s.PGSQL.6432 ] && break; sleep 0.1; done
for i in $(seq 0 $(($1 - 1))); do
    own $i
    psql -h /tmp/r -p 6432 -U pgbouncer -d pgbouncer -qAX -F "$(printf '\037')" -P footer=off -c RELOAD -c '\echo @CONFIG' -c 'SHOW CONFIG' -c '\echo @DATABASES' -c 'SHOW DATABASES' || exit 1
    echo @@
done
kill -QUIT $!
grep -E 'ERROR|FATAL|WARNING' log >&2
true
