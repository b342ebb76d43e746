/**
 * The search_path of a session that may do or see more than others: PostgreSQL's own schemas, and last the session's. Whoever may create
 * in another schema of the path can define `oid = regtype` there, and PostgreSQL prefers that to its own operator, which needs a cast.
 */
export const ownSchemas = ["pg_catalog", "pg_temp"];
