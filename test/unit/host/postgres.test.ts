import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { Client } from "pg";
import { connect, PoolerError, TlsFileError, tlsOptions } from "../../../host/postgres";
import { settingsOf } from "../fixture";

jest.mock("pg", () => ({ Client: jest.fn() }));

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tls-files-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test.each([
    ["empty", "", "is empty"],
    ["with a line's end alone", "\n", "is empty"],
    ["no certificate", "x", "PEM"],
])("a CA's file that is %s is refused by its setting", (_, text, said) => {
    const file = path.join(folder, "server.pem");
    fs.writeFileSync(file, text);
    const { databaseServer } = settingsOf({ "postgresql:sslmode": "verify-ca", "postgresql:sslrootcert": file });
    let refused: unknown;
    try {
        tlsOptions(databaseServer);
    } catch (cause) {
        refused = cause;
    }
    expect(refused).toBeInstanceOf(TlsFileError);
    expect((refused as TlsFileError).key).toBe("postgresql:sslrootcert");
    expect((refused as TlsFileError).message).toMatch(/^holds nothing that TLS can use/);
    expect((refused as TlsFileError).message).toContain(said);
});

describe("a session", () => {
    /** Connects to a server whose backend has process id 7, and that told its client `processID`. The statement `refused` fails. */
    async function open(processID: number, refused?: RegExp) {
        const statements: string[] = [];
        const end = jest.fn(() => Promise.resolve());
        const query = (text: string) => {
            statements.push(text);
            return refused?.test(text) ? Promise.reject(new Error("no")) : Promise.resolve({ rows: [{ pid: 7 }] });
        };
        jest.mocked(Client).mockImplementation(
            () => ({ processID, query, end, on: () => undefined, connect: () => Promise.resolve() }) as unknown as Client,
        );
        const failure = await connect(settingsOf(), "postgres").then(
            () => undefined,
            (cause: unknown) => cause,
        );
        return { statements, end, failure };
    }

    test("of the database's own has PostgreSQL's own search_path", async () => {
        const { statements, end, failure } = await open(7);
        expect(failure).toBeUndefined();
        expect(statements).toEqual([expect.stringContaining("pg_catalog.pg_backend_pid()"), "SET search_path = pg_catalog, pg_temp"]);
        expect(end).not.toHaveBeenCalled();
    });

    test("of a pooler ends before it sets anything", async () => {
        const { statements, end, failure } = await open(8);
        expect(failure).toBeInstanceOf(PoolerError);
        expect((failure as Error).message).toBe("a pooler answers at 127.0.0.1:5432, not the database");
        expect(statements).toEqual([expect.stringContaining("pg_backend_pid")]);
        expect(end).toHaveBeenCalledTimes(1);
    });

    test.each([/pg_backend_pid/, /^SET/])("ends if %s is refused", async (refused) => {
        const { end, failure } = await open(7, refused);
        expect(failure).toEqual(new Error("no"));
        expect(end).toHaveBeenCalledTimes(1);
    });
});
