import { deployed } from "../../../../settings/deployed";
import { settingsOf } from "../../fixture";

/** The values of a stack, by their full keys. */
export const values = {
    "pg-sidecar:databaseNetwork": "coolify-net",
    "pg-sidecar:pgadminEmail": "admin@example.com",
    "postgresql:host": "127.0.0.1",
    "postgresql:password": "hunter22",
};
export const settings = settingsOf(values);
/** What its outputs are. */
export const outputs = {
    pgbouncerContainer: "pgbouncer-1",
    pgadminContainer: "pgadmin-1",
    pgbouncerIni: "[pgbouncer]\n",
    backendBudget: 36,
    networks: { sidecar: "pg-sidecar-1", database: "coolify-net" },
    deployed: deployed(settings),
};
