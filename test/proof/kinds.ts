import { Random } from "./random";
import { int32, protocol, saslInitial, startup, typed, untyped } from "./wire";

/** What one socket sends; before each next packet it waits for an answer, but not for long. */
export type Conversation = Buffer[];

export interface Kind {
    name: string;
    /** Makes one socket's packets. */
    make: (random: Random) => Conversation;
    /** Sockets that all stay open until a login works, by what max_client_conn is; else each is closed once it was answered. */
    held?: (maxClientConn: number) => number;
}

const users = ["nobody", "postgres", "pgbouncer", "", "a".repeat(63), "a".repeat(500)];
const databases = ["tracksolid_db", "nosuch_db", "pgbouncer", "pgbouncer_lookup", "template1", ""];

/** Who logs in to what: mostly a login that gets as far as the password. */
const login = (random: Random): [string, string][] =>
    random.between(0, 1) === 0
        ? [
              ["user", "postgres"],
              ["database", "tracksolid_db"],
          ]
        : [
              ["user", random.pick(users)],
              ["database", random.pick(databases)],
          ];

const withOptions = (random: Random, options: string): Conversation => [startup([...login(random), ["options", options]])];

const shapes = [
    "-c=", "-c", "-c =x", "--=x", "--", "-", "=", "==", "-c==", "-c= -c=", "--=", "-c a", "-c a=", "-c=a=b", "--a", "--a=", "--a-b=c", "-ca=b", "-c\\ =x",
    "-c a=\\", "-c a=b\\ c", "\\", "\\\\", " ", "   ", "-c ", " -c", "-c\t=", "-c\n=x", "-C a=b", "-d 5", "-c a=b -c", "-c ,=x", "-c a,b=c", "-c options=x", "-c 'a'=b", "-c é=ü",
    "-c search_path=a", "-c statement_timeout=1", "-c extra_float_digits=3", "-c client_encoding=nosuch", "-c TimeZone=nosuch",
]; // prettier-ignore

const lengths = [-2147483648, -1, 0, 1, 3, 4, 5, 7, 8, 9, 10_000, 10_001, 65_535, 65_536, 0x00ff_ffff, 0x7fff_fff7, 0x7fff_ffff];

const clientFirst = (random: Random) => `n,,n=,r=${random.text(18).replaceAll(",", "x")}`;

const saslGarbage = (random: Random): Buffer => {
    const first = Buffer.from(clientFirst(random));
    return random.pick([
        () => saslInitial(random.pick(["SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "PLAIN", "", random.text(300)]), first),
        () => saslInitial("SCRAM-SHA-256", first.subarray(0, random.between(0, first.length))),
        () => saslInitial("SCRAM-SHA-256", first, random.pick(lengths)),
        () => saslInitial("SCRAM-SHA-256", Buffer.from(random.pick(["n,,", "y,,n=,r=", "p=tls-unique,,n=,r=x", "n,a=x,n=,r=x", "n,,m=x,n=,r=x", ",,,", "n,,n=,r="]))), // prettier-ignore
        () => saslInitial("SCRAM-SHA-256", random.bytes(random.between(0, 2000))),
        () => saslInitial("SCRAM-SHA-256", Buffer.from(`n,,n=,r=${"r".repeat(random.between(1, 60_000))}`)),
        () => typed("p", random.bytes(random.between(0, 200))),
        () => typed("p", first, random.pick(lengths)),
        () => typed("p", Buffer.from("SCRAM-SHA-256")), // no end of the string, no length
    ])();
};

/** All kinds, by the names that the report has. */
export const kinds: Kind[] = [
    {
        name: "malformed startup packets",
        make: (random) => [
            random.pick([
                () => random.bytes(random.between(1, 300)),
                () => untyped(protocol.v3, random.bytes(random.between(0, 300))),
                () => untyped(protocol.v3, Buffer.from(random.pick(["user", "user\0", "user\0x", "\0", "\0\0", "user\0x\0", "user\0x\0database", "\0x\0\0", "user\0\0\0"]))), // prettier-ignore
                () => Buffer.concat([startup(login(random)), random.bytes(random.between(1, 300))]),
                () => startup([...login(random), ...login(random), ...login(random)]),
                () => startup(random.many(0, 30, () => [random.text(random.between(0, 9)), random.text(random.between(0, 40))])),
            ])(),
        ],
    },
    {
        name: "truncated startup packets",
        make: (random) => {
            const whole = startup([...login(random), ["application_name", random.text(20)]]);
            return [whole.subarray(0, random.between(1, whole.length - 1))];
        },
    },
    {
        name: "lengths that are wrong",
        make: (random) => [untyped(random.pick(Object.values(protocol)), startup(login(random)).subarray(8), random.pick(lengths))],
    },
    {
        name: "SSLRequests",
        make: (random) => [
            ...random.many(1, 20, () => untyped(protocol.ssl)),
            random.pick([() => Buffer.concat([Buffer.from([22, 3, 1]), random.bytes(200)]), () => startup(login(random)), () => untyped(protocol.ssl, random.bytes(9))])(), // prettier-ignore
        ],
    },
    {
        name: "GSSENCRequests",
        make: (random) => [
            ...random.many(1, 20, () => untyped(random.pick([protocol.gss, protocol.gss, protocol.ssl]))),
            random.pick([() => random.bytes(200), () => startup(login(random)), () => untyped(protocol.gss, random.bytes(9))])(),
        ],
    },
    {
        name: "cancel requests",
        make: (random) => [untyped(protocol.cancel, random.pick([8, 8, 8, 0, 4, 7, 12, 256, 300]) === 8 ? random.bytes(8) : random.bytes(random.between(0, 300)))], // prettier-ignore
    },
    { name: "half-open logins, up to max_client_conn", make: () => [startup([["user", "nobody"], ["database", "tracksolid_db"]])], held: (max) => max }, // prettier-ignore
    { name: "half-open logins, beyond max_client_conn", make: (random) => [startup(login(random))], held: (max) => max + 60 },
    { name: "silent sockets", make: () => [], held: (max) => max + 60 },
    {
        name: "options, long",
        make: (random) =>
            withOptions(random, random.pick([() => "x".repeat(10_000), () => random.text(10_000), () => `-c a=${"x".repeat(9_000)}`, () => "\\".repeat(9_999)])()), // prettier-ignore
    },
    {
        name: "options, of every shape",
        make: (random) =>
            withOptions(
                random,
                random.pick([() => random.pick(shapes), () => random.many(1, 8, () => random.pick(shapes)).join(" "), () => random.text(random.between(0, 60))])(), // prettier-ignore
            ),
    },
    {
        name: "options, thousands of -c",
        make: (random) => withOptions(random, `${random.pick(["-c a=b", "-c=", "-c ", "--a=b", "-c search_path=x"])} `.repeat(random.between(500, 1_400))), // prettier-ignore
    },
    {
        name: "unknown protocol versions",
        make: (random) => [startup(login(random), random.pick([0, 1, 0x0001_0000, 0x0002_0000, 0x0003_0001, 0x0003_0002, 0x0003_270f, 0x0004_0000, 0x7fff_ffff, -1, 80877105, random.between(0, 0x7fff_ffff)]))], // prettier-ignore
    },
    {
        name: "unknown startup parameters",
        make: (random) => [
            startup([
                ...login(random),
                ...random.many(1, 20, (): [string, string] => [
                    random.pick(["replication", "_pq_.x", "search_path", "statement_timeout", "", " ", ",", "extra_float_digits", "x".repeat(5_000), random.text(12)]),
                    random.pick(["true", "database", "", "x".repeat(2_000), random.text(12)]),
                ]), // prettier-ignore
            ]),
        ],
    },
    { name: "SASL garbage", make: (random) => [startup(login(random)), saslGarbage(random), saslGarbage(random)] },
    {
        name: "garbage after a login attempt",
        make: (random) => [
            startup(login(random)),
            saslInitial("SCRAM-SHA-256", Buffer.from(clientFirst(random))),
            ...random.many(1, 5, () =>
                random.pick([
                    () => random.bytes(random.between(1, 2_000)),
                    () => typed(random.pick([..."QPBESDCHXdcfpFR\0"]), random.bytes(random.between(0, 300))),
                    () => typed(random.pick([..."QPp"]), Buffer.alloc(0), random.pick(lengths)),
                    () => Buffer.concat([typed("p", Buffer.from(`c=biws,r=${random.text(20)},p=${random.text(44)}`)), int32(0)]),
                ])(),
            ),
        ],
    },
];
