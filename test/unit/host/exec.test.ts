import { demultiplex } from "../../../host/exec";

describe("an exec's stream", () => {
    const piece = (stream: number, text: string) => {
        const header = Buffer.alloc(8);
        header[0] = stream;
        header.writeUInt32BE(Buffer.byteLength(text), 4);
        return Buffer.concat([header, Buffer.from(text)]);
    };

    test("is split, wherever its pieces end", () => {
        const [first, second] = [Buffer.from("1 ✓").subarray(0, 3), Buffer.from("1 ✓").subarray(3)]; // in the middle of a character
        const halves = [first, second].map((half) => {
            const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, half.length]);
            return Buffer.concat([header, half]);
        });
        expect(demultiplex(Buffer.concat([piece(1, "a\n"), piece(2, "oh\n"), ...halves]))).toEqual({ stdout: "a\n1 ✓", stderr: "oh\n" });
        expect(demultiplex(Buffer.alloc(0))).toEqual({ stdout: "", stderr: "" });
    });

    test("that was cut short is an error", () => {
        const whole = piece(1, "abc");
        expect(() => demultiplex(whole.subarray(0, 5))).toThrow("ends within a header");
        expect(() => demultiplex(whole.subarray(0, 9))).toThrow("cut short");
    });
});
