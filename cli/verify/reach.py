# Prints each HOST:PORT of the first argument, a JSON list of pairs, that accepts a connection within 2 s.
import json, socket, sys
for host, port in json.loads(sys.argv[1]):
    try: socket.create_connection((host, port), 2).close(); print(f'{host}:{port}')
    except OSError: pass
