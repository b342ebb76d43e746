import { filesOf, PoolerFiles, settingsName } from "../../../../components/pgbouncer/reload";

const files: PoolerFiles = {
    inis: ["one", "two"],
    userlist: "users",
    openFiles: 300,
    certificates: [{ name: "server-ca.pem", text: "CA" }],
};

test("the files of settings are the inis by number, the certificates, and userlist.txt last", () => {
    expect(filesOf(files)).toEqual([
        { name: "1.ini", text: "one" },
        { name: "2.ini", text: "two" },
        { name: "open_files", text: "300" },
        { name: "server-ca.pem", text: "CA" },
        { name: "userlist.txt", text: "users" },
    ]);
});

test("settings have another name if any of their files is another", () => {
    const names = [
        files,
        { ...files, inis: ["one", "three"] },
        { ...files, userlist: "others" },
        { ...files, openFiles: 301 },
        { ...files, certificates: [] },
        { ...files, certificates: [{ name: "server-ca.pem", text: "another" }] },
        { ...files, certificates: [{ name: "server-cert.pem", text: "CA" }] },
        { ...files, hba: "rules" },
    ].map(settingsName);
    expect(new Set(names).size).toBe(names.length);
    expect(settingsName({ ...files })).toBe(names[0]);
});
