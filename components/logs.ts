/** Docker's json-file log, rotated: 30 MB for each container at most. */
export const rotatedLogs = { logDriver: "json-file", logOpts: { "max-size": "10m", "max-file": "3" } };
