-- What the pipeline writes to.
CREATE SCHEMA IF NOT EXISTS tracksolid;
CREATE TABLE IF NOT EXISTS tracksolid.ingestion_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
