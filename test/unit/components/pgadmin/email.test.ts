import { emailAddress, emailSettings } from "../../../../components/pgadmin/email";
import { accepted, refused } from "../../../addresses";

test.each(accepted)("%s is accepted", (address) => {
    expect(emailAddress.safeParse(address).error).toBeUndefined();
});

test.each(refused)("%s is refused", (address) => {
    expect(emailAddress.safeParse(address).success).toBe(false);
});

test("a reserved domain is allowed by pgAdmin's own setting, as Python; an ordinary one needs none", () => {
    expect(emailSettings("admin@corp.LOCAL")).toEqual(["PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS=['local']"]);
    expect(emailSettings("x@a.test")).toEqual(["PGADMIN_CONFIG_ALLOW_SPECIAL_EMAIL_DOMAINS=['test']"]);
    expect(emailSettings("local@test.example.com")).toEqual([]);
});
