import { readIni } from "../../../../cli/verify/ini";

test("an ini's settings are those of its last section, without comments", () => {
    const ini = "[databases]\nx = host=y\n\n[pgbouncer]\nlisten_addr = *\n; a comment = 1\nadmin_users = \n";
    expect(readIni(ini)).toEqual({ listen_addr: "*", admin_users: "" });
    expect(readIni("[databases]\nx = host=y\n")).toEqual({});
});
