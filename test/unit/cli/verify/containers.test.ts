import { runChecks } from "../../../../cli/verify/check";
import { allChecks } from "../../../../cli/verify/checks/all";
import { Target } from "../../../../cli/verify/target";
import { seen } from "./seen";
import { withoutPooler } from "./withoutpooler";

/** The named checks of a stack whose containers are gone. */
const run = (...ids: string[]) =>
    withoutPooler(async (target: Target) => {
        const checks = allChecks.filter(({ id }) => ids.includes(id));
        return (await runChecks(checks, target, { began: () => undefined, ended: () => undefined })).map(seen);
    });

test.each([
    ["images", "container pgbouncer-1"],
    ["query", "the pooler pgbouncer-1"],
    ["pgadmin-ping", "container pgadmin-1"],
])("%s fails without its container, and is skipped if `containers` reports it", async (id, what) => {
    expect(await run(id)).toEqual([expect.stringMatching(`^failed: ${what} is not running .*pulumi up --stack stage --refresh$`)]);
    expect(await run("containers", id)).toEqual([
        expect.stringMatching(/^failed: container pgbouncer-1 is gone/),
        `skipped: ${what} is not running (see containers) `,
    ]);
});
