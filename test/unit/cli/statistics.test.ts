import { median, shuffled, spread } from "../../../cli/statistics";

test.each([
    [[3], 3],
    [[1, 9, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[], NaN],
])("the median of %j is %d", (values, middle) => expect(median(values)).toBe(middle));

test("the spread is of the median", () => expect(spread([90, 100, 120])).toBe(30));

test("a shuffle keeps all values, leaves its argument alone, and can put each first", () => {
    const values = ["a", "b", "c"];
    const firsts = new Set(Array.from({ length: 200 }, () => shuffled(values)[0]));
    expect([...firsts].sort()).toEqual(values);
    expect([...shuffled(values)].sort()).toEqual(values);
    expect(values).toEqual(["a", "b", "c"]);
});
