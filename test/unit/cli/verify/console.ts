import { parseConsole } from "../../../../cli/verify/console";

/** What the console of a pooler printed. */
export const facts = parseConsole(
    [
        "@VERSION\nversion\nPgBouncer 1.24.1",
        "@POOLS\ndatabase\x1fuser\x1fsv_active\x1fsv_idle\x1fpool_mode",
        "tracksolid_db\x1fpostgres\x1f3\x1f12\x1ftransaction\ntracksolid_db\x1fgrafana\x1f1\x1f0\x1ftransaction",
        "@DATABASES\nname\x1fhost\ntracksolid_db\x1ftimescale_db",
        "@CONFIG\nkey\x1fvalue\x1fdefault\nauth_query\x1fSELECT uname, phash FROM public.user_lookup($1)\x1f",
        "ignore_startup_parameters\x1fextra_float_digits,\x1f\nmax_packet_size\x1f2147483647\x1f\nauth_user\x1fpgbouncer\x1f\nstats_users\x1fpgbouncer\x1f\npool_mode\x1ftransaction\x1f\nmax_client_conn\x1f200\x1f",
        "@LISTS\nlist\x1fitems\nused_clients\x1f12\nlogin_clients\x1f1\n",
    ].join("\n"),
);
