/** The settings in the [pgbouncer] section of one process's ini. */
export function readIni(ini: string): Record<string, string> {
    const section = ini.split("[pgbouncer]\n")[1] ?? "";
    return Object.fromEntries([...section.matchAll(/^(\w+) = (.*)$/gm)].map(([, key, value]) => [key!, value!]));
}
