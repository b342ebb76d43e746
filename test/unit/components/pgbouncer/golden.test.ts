import * as fs from "fs";
import * as path from "path";
import { renderIni } from "../../../../components/pgbouncer/ini";
import { settingsOf } from "../../fixture";

const golden = path.join(__dirname, "../../../../docs/pgbouncer.ini");

// If this fails, the next `pulumi up` replaces the pooler of every stack. If that is intended, run `npm run docs` and say so in the CHANGELOG.
test("docs/pgbouncer.ini is what the default settings render, byte for byte", () => {
    expect(renderIni(settingsOf())).toBe(fs.readFileSync(golden, "utf8"));
});
