import { UserError } from "../../../findings/errors";
import { error, render, warning } from "../../../findings/finding";

test("a finding is printed as what it is, then its fix on a line of its own", () => {
    expect(render(error("databases: there is no database x", "createdb x"))).toBe("databases: there is no database x\nFix: createdb x");
    expect(render(error("it is gone", "start it"), "    ")).toBe("it is gone\n    Fix: start it");
    expect(render(warning("not checked"))).toBe("not checked");
});

test("an error for the user has the same layout, and no stack trace", () => {
    const { message, stack } = new UserError("no stack is selected", "give --stack NAME");
    expect(message).toBe("no stack is selected\nFix: give --stack NAME");
    expect(stack).toBeUndefined();
    expect(new UserError("it is over").message).toBe("it is over");
    expect(UserError.of(error("it is gone", "start it")).message).toBe("it is gone\nFix: start it");
    expect(UserError.of(warning("not checked")).message).toBe("not checked");
});
