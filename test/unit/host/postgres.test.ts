import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { TlsFileError, tlsOptions } from "../../../host/postgres";
import { settingsOf } from "../fixture";

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
