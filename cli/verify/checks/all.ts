import { Check } from "../check";
import { containerChecks } from "./containers";
import { leakChecks } from "./leaks";
import { loadChecks } from "./load";
import { lookupChecks } from "./lookup";
import { pgadminChecks } from "./pgadmin";
import { poolerChecks } from "./pooler";

/** All checks, in the order in which they run: what later ones need comes first, and the load last. */
export const allChecks: Check[] = [...containerChecks, ...poolerChecks, ...lookupChecks, ...leakChecks, ...pgadminChecks, ...loadChecks];
