import { rotate } from "../../../../cli/rotate/rotate";
import { askCli, configuredSettings, selectedStack } from "../../../../cli/stack";
import { pulumi } from "../../../../cli/terminal";
import { roleType } from "../../../../preflight/state";
import { settingsOf } from "../../fixture";

jest.mock("../../../../cli/stack");
jest.mock("../../../../cli/terminal");

/** What a rotation prints whose `up` ends with `code`. */
async function printed(deployed: number, code: number, roles: string[] = [], after = deployed): Promise<string> {
    const lines = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const resources = roles.map((id) => ({ type: roleType, urn: id, id }));
    jest.mocked(selectedStack).mockResolvedValue("stage");
    let rotation = deployed;
    jest.mocked(askCli).mockImplementation(() => Promise.resolve({ deployed: { rotation }, deployment: { resources } }));
    jest.mocked(configuredSettings).mockResolvedValue(settingsOf({ "postgresql:host": "db.example.com", rotation: deployed }));
    jest.mocked(pulumi).mockImplementation(([command]) => {
        if (command === "up") rotation = after;
        return Promise.resolve(command === "up" ? code : 0);
    });
    try {
        expect(await rotate({ stack: "stage" })).toBe(code);
        return lines.mock.calls.map(([line]) => String(line)).join("\n");
    } finally {
        lines.mockRestore();
    }
}

test.each([
    [0, 1, "pulumi config rm --stack stage rotation"],
    [1, 2, "pulumi config set --stack stage rotation 1"],
])("after an up that failed or was declined, rotation %i says how to resume the next, or to drop it", async (deployed, next, drop) => {
    expect(await printed(deployed, 255)).toMatch(
        new RegExp(
            `^rotate: rotation is set to ${next}, and .* To resume: \\./sidecar rotate --stack stage\\. To drop it: ${drop}; pulumi up --stack stage$`,
            "m",
        ),
    );
    expect(await printed(deployed, 0)).not.toContain("resume");
});

test("one that is deployed except for the role before it can only be resumed", async () => {
    const text = await printed(1, 255, ["pgbouncer", "pgbouncer_2"]);
    expect(text).toContain("rotate: rotation is set to 1, and `up` has not finished it. To resume: ./sidecar rotate --stack stage");
    expect(text).not.toContain("drop");
    expect(await printed(0, 255, [], 1)).not.toContain("drop");
});
