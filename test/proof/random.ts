/** Random choices that a seed repeats. */
export class Random {
    constructor(private state: number) {}

    /** A generator of its own for each name, so that one kind's packets don't depend on another's. */
    static of(seed: number, name: string): Random {
        return new Random([...name].reduce((state, letter) => (Math.imul(state, 31) + letter.charCodeAt(0)) | 0, seed));
    }

    /** 32 bits (mulberry32). */
    private next(): number {
        this.state = (this.state + 0x6d2b79f5) | 0;
        let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
        bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
        return (bits ^ (bits >>> 14)) >>> 0;
    }

    /** From `least` to `most`, both included. */
    between(least: number, most: number): number {
        return least + (this.next() % (most - least + 1));
    }

    pick<T>(choices: readonly T[]): T {
        return choices[this.between(0, choices.length - 1)]!;
    }

    bytes(length: number): Buffer {
        return Buffer.from(Array.from({ length }, () => this.next() & 255));
    }

    /** Letters, digits and what has a meaning to a parser. */
    text(length: number): string {
        return Array.from({ length }, () => this.pick([..."abcxyzAZ019_-= \\'\"%;.,/é"])).join("");
    }

    many<T>(least: number, most: number, make: () => T): T[] {
        return Array.from({ length: this.between(least, most) }, make);
    }
}
