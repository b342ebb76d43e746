import os
import urllib.request

url = f"http://127.0.0.1:{os.environ['PGADMIN_LISTEN_PORT']}/misc/ping"
print(urllib.request.urlopen(url, timeout=10).read().decode())
