/** The packets that a PostgreSQL client sends before it is logged in, right or wrong ones. */

/** Version 3.0 of the protocol, and the codes that stand in a version's place. */
export const protocol = { v3: 0x0003_0000, cancel: 80877102, ssl: 80877103, gss: 80877104 } as const;

export function int32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value | 0);
    return bytes;
}

const string = (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0])]);

/** A packet without a type: its length, unless another is given, a version or code, and what follows. */
export function untyped(code: number, body: Buffer = Buffer.alloc(0), length = 8 + body.length): Buffer {
    return Buffer.concat([int32(length), int32(code), body]);
}

/** A startup packet with its parameters in their order. */
export function startup(parameters: [string, string][], version: number = protocol.v3): Buffer {
    return untyped(version, Buffer.concat([...parameters.flat().map(string), Buffer.from([0])]));
}

/** A message with its type, as they follow the startup packet; with a length that isn't its own, if one is given. */
export function typed(type: string, body: Buffer = Buffer.alloc(0), length = 4 + body.length): Buffer {
    return Buffer.concat([Buffer.from(type), int32(length), body]);
}

/** The first SASL message of a client: a mechanism, and data whose length may be another than its own. */
export function saslInitial(mechanism: string, data: Buffer, length = data.length): Buffer {
    return typed("p", Buffer.concat([string(mechanism), int32(length), data]));
}
