import { chosenNames } from "../../../cli/command";

test("an option that lists names takes those that there are, and refuses others with those to choose from", () => {
    const of = (given?: string) => chosenNames({ called: "./sidecar x", option: "--only", given, all: ["a", "b"] });
    expect(of()).toEqual(["a", "b"]);
    expect(of("b, a")).toEqual(["a", "b"]);
    expect(() => of("a,c")).toThrow("--only: unknown: c. Choose from: a, b\n\n");
    expect(() => of("a,c")).toThrow("./sidecar x --help");
});
