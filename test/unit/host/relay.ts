// Connects its input and output to a Unix socket, as `docker system dial-stdio` does. SIGTERM ends it as if the far side was done.
import * as net from "net";

const socket = net.connect(process.argv[2]!);
process.stdin.pipe(socket).pipe(process.stdout);
socket.on("close", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
