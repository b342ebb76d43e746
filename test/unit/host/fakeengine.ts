import * as fs from "fs";
import * as http from "http";
import * as os from "os";
import * as path from "path";
import { DockerHost } from "../../../settings/settings";

/** What the fake engine answers: by `METHOD /path`, a status and a body (JSON unless it is bytes). Anything else is 404. */
export type Answers = Record<string, { status?: number; body?: unknown; delay?: number }>;

export interface FakeEngine {
    docker: DockerHost;
    /** The requests that it got, as `METHOD /path BODY`. */
    requests: string[];
    /** The most requests that it had at the same time. */
    most: () => number;
    /** How long it keeps a connection without a request, in milliseconds; default 5,000. */
    keepAlive: (time: number) => void;
    close: () => void;
}

/** A Docker engine's API on a Unix socket of its own, without an engine. `delay` is in milliseconds. */
export async function fakeEngine(answers: Answers): Promise<FakeEngine> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fake-engine-"));
    const socket = path.join(folder, "docker.sock");
    const requests: string[] = [];
    let [current, most] = [0, 0];
    const server = http.createServer((request, response) => {
        most = Math.max(most, ++current);
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const call = `${request.method} ${request.url}`;
            requests.push(`${call} ${Buffer.concat(chunks).toString()}`.trim());
            const { status = 200, body = {}, delay = 0 } = answers[call] ?? { status: 404, body: { message: `no ${call}` } };
            setTimeout(() => {
                current--;
                response.statusCode = status;
                response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
            }, delay);
        });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return {
        docker: { host: `unix://${socket}`, sshOpts: [] },
        requests,
        most: () => most,
        keepAlive: (time) => (server.keepAliveTimeout = time),
        close: () => {
            server.closeAllConnections();
            server.close();
            fs.rmSync(folder, { recursive: true, force: true });
        },
    };
}
