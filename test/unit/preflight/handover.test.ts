import { freeName, handover, removal } from "../../../preflight/handover";

const owning = { role: "people", keeper: "people_former", places: [{ database: "app", owns: true }, { database: "dwh", owns: true }, { database: "x", owns: false }] }; // prettier-ignore

test("what a role owns goes to a role that is made for it", () => {
    expect(handover(owning)).toEqual([
        { database: "app", sql: 'CREATE ROLE "people_former" NOLOGIN ROLE CURRENT_USER; REASSIGN OWNED BY "people" TO "people_former"' },
        { database: "dwh", sql: 'REASSIGN OWNED BY "people" TO "people_former"' },
    ]);
    expect(handover({ ...owning, places: [{ database: "x", owns: false }] })).toEqual([]);
});

test("a role is dropped once nothing is left to it in any database", () => {
    const steps = removal(owning, "dwh").slice(2);
    expect(steps).toEqual([
        { database: "app", sql: 'DROP OWNED BY "people"' },
        { database: "x", sql: 'DROP OWNED BY "people"' },
        { database: "dwh", sql: 'DROP OWNED BY "people"; DROP ROLE "people"' },
    ]);
    expect(removal({ role: "people", keeper: "", places: [] }, "app")).toEqual([
        { database: "app", sql: 'DROP OWNED BY "people"; DROP ROLE "people"' },
    ]);
});

test.each([
    [["postgres"], "people_former"],
    [["people_former"], "people_former_2"],
    [["people_former", "people_former_2"], "people_former_3"],
])("beside %j, %s is free", (taken, name) => expect(freeName("people_former", taken)).toBe(name));
