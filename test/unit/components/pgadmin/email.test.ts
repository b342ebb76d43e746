import { emailAddress, emailSettings } from "../../../../components/pgadmin/email";
import { accepted, refused } from "../../../addresses";

test.each(accepted)("%s is taken", (address) => {
    expect(emailAddress.safeParse(address).error).toBeUndefined();
});

test.each(refused)("%s is refused", (address) => {
    expect(emailAddress.safeParse(address).success).toBe(false);
});

test("a reserved domain is let in by pgAdmin's own setting, as Python, and nothing is said of an ordinary one", () => {
    expect(emailSettings("admin@corp.LOCAL")).toEqual(["PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS=['local']"]);
    expect(emailSettings("x@a.test")).toEqual(["PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS=['test']"]);
    expect(emailSettings("local@test.example.com")).toEqual([]);
});
