# SESSIONS sessions of psycopg 3, each of which queries ten times a second until /tmp/stop is there.
import json, os, threading, time
import psycopg

seen = {"ok": 0, "failed": 0, "said": []}
lock = threading.Lock()


def session():
    try:
        with psycopg.connect("host=pgbouncer port=6432 user=postgres dbname=tracksolid_db", autocommit=True) as connection:
            while not os.path.exists("/tmp/stop"):
                connection.execute("SELECT 'ok'").fetchall()
                with lock:
                    seen["ok"] += 1
                time.sleep(0.1)
    except psycopg.Error as error:
        with lock:
            seen["failed"] += 1
            seen["said"].append(str(error))


sessions = [threading.Thread(target=session) for _ in range(int(os.environ["SESSIONS"]))]
for each in sessions:
    each.start()
for each in sessions:
    each.join()
print(json.dumps(seen))
