import { Hold, HoldArgs } from "../../../../cli/pause/hold";
import { Answer, codes, Poolers } from "../../../../cli/pause/poolers";

const answer = (code: number, stdout = "", pooler = "pgbouncer-1"): Answer => ({ code, stdout, stderr: "", pooler });

type Script = Partial<Record<keyof Poolers, (Answer[] | Error)[]>>;

/** Poolers that give these answers in turn, and the last one again and again. */
function scripted(script: Script) {
    const asked: string[] = [];
    const next = (what: keyof Poolers) => {
        asked.push(what);
        const turns = script[what] ?? [[answer(0)]];
        const turn = turns.length > 1 ? turns.shift()! : turns[0]!;
        return turn instanceof Error ? Promise.reject(turn) : Promise.resolve(turn);
    };
    const poolers: Poolers = { begin: () => next("begin"), answers: () => next("answers"), end: () => next("end") };
    return { poolers, asked };
}

const said: string[] = [];
beforeEach(() => said.splice(0));
const args: HoldArgs = { transactions: 3, up: "pulumi up --stack stage", say: (line) => said.push(line), every: 1 };

const begin = (script: Script, more: Partial<HoldArgs> = {}) => {
    const { poolers, asked } = scripted(script);
    return { asked, hold: Hold.begin(poolers, { ...args, ...more }) };
};

test("a pause lasts as long as the pooler that allows least, and one that serves nobody does not count", async () => {
    const { hold } = begin({ begin: [[answer(0, "110\n"), answer(0, "50\n"), answer(codes.servesNobody)]] });
    expect((await hold).left).toBe(50);
});

test.each<[string, Answer[] | Error, string[], string[]]>([
    ["no pooler serves", [answer(codes.servesNobody)], ["no pooler of this stack serves", "Fix: pulumi up --stack stage"], ["begin"]],
    ["no pooler runs", [], ["no pooler of this stack serves"], ["begin"]],
    [
        "another pause is in force",
        [answer(codes.anotherPause, "42\n")],
        ["another pause is in force", "Fix: wait until it ends, in 42 s at most"],
        ["begin"],
    ],
    [
        "transactions stay open in one of two poolers",
        [answer(0, "110\n"), answer(codes.transactionsOpen, "3\ndatabase d, user u\ndatabase e, user v\n", "pgbouncer-2")],
        ["did not end within 3 s", "\n    database d, user u\n    database e, user v\nFix:", "--transactions SECONDS"],
        ["begin", "end"],
    ],
    [
        "transactions stay open for as long as clients can wait",
        [answer(codes.transactionsOpen, "2\ndatabase d, user u\n")],
        ["did not end within 2 s", "\n    database d, user u\nFix:", "let clients wait longer: --at-most,"],
        ["begin", "end"],
    ],
    [
        "transactions stay open in a pooler of a version that does not print its wait",
        [answer(codes.transactionsOpen, "database d, user u\ndatabase e, user v\n")],
        ["did not end within 3 s", "\n    database d, user u\n    database e, user v\nFix:", "--transactions SECONDS"],
        ["begin", "end"],
    ],
    [
        "it is over before it has begun",
        [answer(0, "110\n"), answer(codes.endedBefore)],
        ["the pause was over before all clients waited", "Fix: pause again"],
        ["begin", "end"],
    ],
    [
        "it is over in one pooler since another can't be paused",
        [answer(codes.endedBefore), answer(1, "pause: no space", "pgbouncer-2")],
        ["pgbouncer-2 can't be paused"],
        ["begin", "end"],
    ],
    [
        "the pooler is of a version without it",
        [answer(127)],
        ["pgbouncer-1 is of a version that has no pause", "Fix: pulumi up"],
        ["begin", "end"],
    ],
    ["its volume is full", [answer(1, "pause: no space")], ["pgbouncer-1 can't be paused", "It says: pause: no space"], ["begin", "end"]],
    ["the host is lost", new Error("socket hang up"), ["the pause can't begin", "socket hang up"], ["begin", "end"]],
])("a pause does not begin if %s, and leaves no pooler paused", async (_, answers, words, calls) => {
    const { hold, asked } = begin({ begin: [answers] });
    const refused = await hold.then(
        () => "",
        (cause: Error) => cause.message,
    );
    for (const word of [...words, "COMMAND was not run"]) expect(refused).toContain(word);
    expect(asked).toEqual(calls);
});

test("a pause that may have begun on a host that is lost is said to end by itself", async () => {
    const { hold } = begin({ begin: [new Error("socket hang up")], end: [new Error("socket hang up")] });
    await expect(hold).rejects.toThrow(
        "socket hang up. It may have begun on the host: then clients wait until the poolers end it by themselves",
    );
});

describe("the wait for the database", () => {
    const limit = [[answer(0, "110\n")]];

    test("ends once it answers every pooler that serves, and says each reason once", async () => {
        const away = answer(2, "connection refused\n");
        const { hold, asked } = begin({
            begin: limit,
            answers: [[away], [away], [answer(0), away], [], new Error("socket hang up"), [answer(codes.servesNobody), answer(0)]],
        });
        expect(await (await hold).databaseAnswers(() => false)).toBeUndefined();
        expect(asked.filter((one) => one === "answers")).toHaveLength(6);
        expect(said).toEqual(["connection refused", "no pooler serves", "socket hang up"].map((why) => `the database does not answer yet: ${why}`)); // prettier-ignore
    });

    test.each([
        ["it is interrupted", "110", () => true],
        ["the pause is over", "0", () => false],
    ])("ends with the database's last words if %s", async (_, seconds, interrupted) => {
        const { hold } = begin({ begin: [[answer(0, seconds)]], answers: [[answer(2, "no route to host\n")]] });
        expect(await (await hold).databaseAnswers(interrupted)).toBe("no route to host");
    });
});

describe("the end", () => {
    test("is tried again over a lost connection", async () => {
        const { hold, asked } = begin({
            begin: [[answer(0, "110")]],
            end: [new Error("socket hang up"), [answer(1, "no answer")], [answer(0)]],
        });
        await (await hold).end();
        expect(asked).toEqual(["begin", "end", "end", "end"]);
        expect(said).toEqual(["the pause can't be ended from here: socket hang up", "the pause can't be ended from here: no answer"]);
    });

    test("is given up once the poolers have ended it by themselves", async () => {
        const { hold } = begin({ begin: [[answer(0, "0")]], end: [new Error("socket hang up")] });
        await (await hold).end();
        expect(said.at(-1)).toBe("the poolers have ended it by themselves by now");
    });

    test("says that clients continued by themselves, if the time for that has come", async () => {
        const end = async (left: string) => {
            const { hold } = begin({ begin: [[answer(0, left)]], end: [[answer(codes.endedBefore)]] });
            await (await hold).end();
        };
        await end("8"); // it was ended from here, and only the answer was lost
        expect(said).toEqual([]);
        await end("0");
        expect(said).toEqual(["clients continued by themselves after 0 s; what they sent while the database was away has failed"]);
    });
});
