# Connects, queries and disconnects without a pause until /tmp/stop is there: psycopg 3. Prints each hundredth.
import json, os, time
import psycopg

ok, failed, longest, said = 0, 0, 0, []
while not os.path.exists("/tmp/stop"):
    start = time.monotonic()
    try:
        with psycopg.connect("host=pgbouncer port=6432 user=postgres dbname=tracksolid_db connect_timeout=5") as connection:
            connection.execute("SELECT 1").fetchall()
        ok += 1
        if ok % 100 == 0:
            print(ok, flush=True)
    except psycopg.Error as error:
        failed += 1
        if failed <= 20:
            said.append(f"{time.strftime('%T', time.gmtime())} {error}")
    longest = max(longest, round(1000 * (time.monotonic() - start)))
print(json.dumps({"ok": ok, "failed": failed, "longest": longest, "said": said}))
