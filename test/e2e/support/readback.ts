import { parseConsole } from "../../../cli/verify/console";
import { run } from "../../../lab/run";

type Row = Record<string, string>;

const reader = `
mkdir -p /tmp/r && cd /tmp/r || exit 1
cat > all
awk '/^@@ / { file = $2; next } { print > file }' all
own() { sed -e 's|^auth_file = .*|auth_file = /tmp/r/'$1'.txt|' -e 's|^unix_socket_dir = .*|unix_socket_dir = /tmp/r|' -e 's|^listen_port = .*|listen_port = 6432|' -e 's|^listen_addr = .*|listen_addr =|' -e '/^tcp_defer_accept/d' $1.ini > ini; }
own 0
pgbouncer ini > log 2>&1 &
for i in $(seq 50); do [ -S .s.PGSQL.6432 ] && break; sleep 0.1; done
for i in $(seq 0 $(($1 - 1))); do
    own $i
    psql -h /tmp/r -p 6432 -U pgbouncer -d pgbouncer -qAX -F "$(printf '\\037')" -P footer=off -c RELOAD -c '\\echo @CONFIG' -c 'SHOW CONFIG' -c '\\echo @DATABASES' -c 'SHOW DATABASES' || exit 1
    echo @@
done
kill -QUIT $!
grep -E 'ERROR|FATAL|WARNING' log >&2
true`;

/** Has one pgbouncer of this image load each ini by RELOAD, and returns what its console then shows. */
export async function query(image: string, files: Record<string, string>, count: number): Promise<{ config: Row; databases: Row[] }[]> {
    const input = Object.entries(files).map(([file, text]) => `@@ ${file}\n${text.trimEnd()}\n`).join(""); // prettier-ignore
    const printed = await run("docker", ["run", "--rm", "-i", "--network", "none", "--entrypoint", "sh", image, "-c", reader, "read", String(count)], { input }); // prettier-ignore
    return printed
        .split(/^@@\n/m)
        .slice(0, -1)
        .map((each) => parseConsole(each))
        .map(({ config, databases }) => ({ config, databases }));
}
