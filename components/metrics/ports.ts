import { numbers } from "../pgbouncer/ini";

interface PortArgs {
    metrics: boolean;
    /** The first of them; 0 for none. */
    metricsPort: number;
    /** Processes of the pooler. */
    processes: number;
}

/** Ports of the host's loopback that lead to the exporters: the database's, then that of each process of the pooler; none by default. */
export function exporterHostPorts({ metrics, metricsPort, processes }: PortArgs): number[] {
    return metrics && metricsPort > 0 ? [metricsPort, ...numbers(processes).map((number) => metricsPort + number)] : [];
}

/** Name of an exporter's resource, and so of its container: 0 for the database's, otherwise the number of a process. */
export function exporterName(name: string, number: number): string {
    return number === 0 ? `${name}-database` : number === 1 ? `${name}-console` : `${name}-console-${number}`;
}
