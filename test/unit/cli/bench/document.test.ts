import * as fs from "fs";
import * as path from "path";
import { withResults } from "../../../../cli/bench/document";
import { Results } from "../../../../cli/bench/results";

const docs = path.join(__dirname, "../../../../docs");
const read = (file: string) => fs.readFileSync(path.join(docs, file), "utf8");

test("docs/MEASUREMENTS.md has what the kept results say; npm run docs writes it", () => {
    const page = read("MEASUREMENTS.md");
    expect(withResults(page, JSON.parse(read("proof/bench.json")) as Results)).toBe(page);
});

test("a page without the two marks is refused", () => {
    expect(() => withResults("", JSON.parse(read("proof/bench.json")) as Results)).toThrow(
        "docs/MEASUREMENTS.md has lost a mark. Fix: put back <!-- bench",
    );
});
