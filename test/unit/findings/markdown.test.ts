import { markdownTable, withGenerated } from "../../../findings/markdown";

test("a cell keeps its bars", () => {
    expect(markdownTable(["a", "b"], [["1|2", ""]])).toBe("| a | b |\n| --- | --- |\n| 1\\|2 |  |");
});

describe("a page", () => {
    const part = { page: "docs/X.md", begin: "<!-- begin -->", end: "<!-- end -->" };

    test("has new content between its marks, and keeps the rest", () => {
        expect(withGenerated("before\n<!-- begin -->\nold\n<!-- end -->\nafter", part, "new")).toBe(
            "before\n<!-- begin -->\n\nnew\n\n<!-- end -->\nafter",
        );
    });

    test.each(["<!-- begin -->", "<!-- end -->", "<!-- end --> <!-- begin -->"])("with %s alone, or turned around, is refused", (text) => {
        expect(() => withGenerated(text, part, "new")).toThrow("docs/X.md has lost a mark. Fix: put back <!-- begin --> and <!-- end -->");
    });
});
