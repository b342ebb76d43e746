import { Check } from "../check";
import { containerChecks } from "./containers";
import { isolationChecks } from "./isolation";
import { leakChecks } from "./leaks";
import { loadChecks } from "./load";
import { lookupChecks } from "./lookup";
import { metricsChecks } from "./metrics";
import { pgadminChecks } from "./pgadmin";
import { poolerChecks } from "./pooler";
import { tlsChecks } from "./tls";

/** All checks, in the order in which they run: what later ones need comes first, and the load last. */
export const allChecks: Check[] = [
    ...containerChecks,
    ...isolationChecks,
    ...poolerChecks,
    ...tlsChecks,
    ...lookupChecks,
    ...leakChecks,
    ...pgadminChecks,
    ...metricsChecks,
    ...loadChecks,
];
