import { Client } from "pg";
import { UserError } from "../../../findings/errors";
import { runDdl } from "../../../preflight/ddl";
import { settingsOf } from "../fixture";

const drop = 'DROP FUNCTION "public"."user_lookup"(text)';

const failing = (failure: object) => {
    const query = () => Promise.reject(Object.assign(new Error('relation "ddl_log" does not exist'), failure));
    const client = { query } as unknown as Client;
    return runDdl(client, drop, "tracksolid_db", settingsOf()).catch((cause: unknown) => cause);
};

test("an event trigger that misses its table is explained, with the statement to be run by hand", async () => {
    const refused = await failing({ code: "42P01", where: "PL/pgSQL function public.log_ddl() line 3 at SQL statement\nmore" });
    expect(refused).toBeInstanceOf(UserError);
    const { message } = refused as Error;
    expect(message).toContain('relation "ddl_log" does not exist (PL/pgSQL function public.log_ddl() line 3 at SQL statement)\n');
    expect(message).toContain(`psql -h 127.0.0.1 -p 5432 -U postgres -d tracksolid_db -c '${drop}'; then run this up again`);
});

test.each([
    ["a missing function of ours", { code: "42883" }],
    ["a trigger's own refusal", { code: "P0001", where: "PL/pgSQL function public.log_ddl() line 3 at RAISE" }],
])("%s is thrown as it is", async (_, failure) => {
    expect(await failing(failure)).toMatchObject(failure);
    expect(await failing(failure)).not.toBeInstanceOf(UserError);
});
