/** The value in the middle, or the mean of the two there; NaN of none. */
export function median(values: number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

/** The difference between the highest and the lowest value, in percent of the median. */
export const spread = (values: number[]) => ((Math.max(...values) - Math.min(...values)) / median(values)) * 100;

/** The same values in random order. */
export function shuffled<T>(values: readonly T[], random = Math.random): T[] {
    const all = [...values];
    for (let at = all.length - 1; at > 0; at--) {
        const other = Math.floor(random() * (at + 1));
        [all[at], all[other]] = [all[other]!, all[at]!];
    }
    return all;
}
