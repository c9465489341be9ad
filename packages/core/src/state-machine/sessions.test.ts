/** Sessions after Ongaro (2014), section 6.3. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../conformance/codec.ts";
import { journal } from "../conformance/journal.ts";
import type { Journal } from "../conformance/journal.ts";
import type { Plain } from "../plain.ts";
import { sessions } from "./index.ts";
import type { SessionResult, SessionState, StateMachine, WithSessions } from "./index.ts";

type Machine = WithSessions<Journal>;
type Command = Machine["command"];

const machine: StateMachine<Machine> = sessions(journal, { sessionsMax: 2 });

function register(client: string): Command {
  return { type: "register", client };
}

function write(session: number, sequence: number, word: string, acknowledged = 0): Command {
  return { type: "invoke", session, sequence, acknowledged, command: { type: "write", word } };
}

/** What came of the commands, the first of which has the index 1. */
function run(...commands: readonly Command[]) {
  let { initial: state } = machine;
  const results = commands.map((command, at): SessionResult<Journal> => {
    const after = machine.apply(state, command, at + 1);
    state = after.state;
    return after.result;
  });
  return { state, results, words: state.machine, last: results.at(-1) };
}

function returned(result: number): SessionResult<Journal> {
  return { type: "returned", result };
}

describe("a session", () => {
  test("is named by the index of the command that opened it", () => {
    const { results, state } = run(register("ada"), register("bob"));
    expect(results).toEqual([
      { type: "registered", session: 1 },
      { type: "registered", session: 2 },
    ]);
    expect(state.sessions).toEqual([
      { session: 1, acknowledged: 0, results: [] },
      { session: 2, acknowledged: 0, results: [] },
    ]);
  });

  test("asks for its commands to be applied once each, and remembers the results", () => {
    const { results, words } = run(register("ada"), write(1, 0, "x"), write(1, 1, "y"), write(1, 0, "x"));
    expect(results.slice(1)).toEqual([returned(1), returned(2), returned(1)]);
    expect(words).toEqual(["x", "y"]);
  });

  test("keeps its numbers apart from those of others", () => {
    const { results, words } = run(register("ada"), register("bob"), write(1, 0, "x"), write(2, 0, "y"));
    expect(results.slice(2)).toEqual([returned(1), returned(2)]);
    expect(words).toEqual(["x", "y"]);
  });

  test("takes the commands of a client with several under way in any order", () => {
    const { results, words, state } = run(register("ada"), write(1, 3, "x"), write(1, 1, "y"), write(1, 3, "x"));
    expect(results.slice(1)).toEqual([returned(1), returned(2), returned(1)]);
    expect(words).toEqual(["x", "y"]);
    expect(state.sessions[0]?.results.map(({ sequence }) => sequence)).toEqual([1, 3]);
  });

  test("forgets the results that the client has acknowledged, and those only", () => {
    const { state } = run(register("ada"), write(1, 0, "x"), write(1, 1, "y"), write(1, 2, "z", 1));
    expect(state.sessions).toEqual([
      {
        session: 1,
        acknowledged: 1,
        results: [
          { sequence: 1, result: 2 },
          { sequence: 2, result: 3 },
        ],
      },
    ]);
  });

  test("does not apply a late copy of a command whose result was acknowledged", () => {
    const { last, words } = run(register("ada"), write(1, 0, "x"), write(1, 1, "y", 1), write(1, 0, "x"));
    expect(last).toEqual({ type: "acknowledged" });
    expect(words).toEqual(["x", "y"]);
  });

  test("does not take an acknowledgement back for a late copy", () => {
    const { state } = run(register("ada"), write(1, 0, "x"), write(1, 1, "y", 1), write(1, 1, "y", 0));
    expect(state.sessions[0]?.acknowledged).toBe(1);
  });

  test("that was never opened applies nothing", () => {
    const { last, words } = run(register("ada"), write(7, 0, "x"));
    expect(last).toEqual({ type: "expired" });
    expect(words).toEqual([]);
  });
});

describe("of too many sessions, the one that was used least recently expires", () => {
  test("which may be any but the newest", () => {
    const { results, state, words } = run(
      register("ada"),
      register("bob"),
      write(1, 0, "x"),
      register("cyn"),
      write(2, 0, "y"),
      write(1, 1, "z"),
    );
    expect(state.sessions.map(({ session }) => session)).toEqual([4, 1]);
    expect(results.slice(4)).toEqual([{ type: "expired" }, returned(2)]);
    expect(words).toEqual(["x", "z"]);
  });

  test("where a copy of a command is a use, too", () => {
    const { state } = run(register("ada"), write(1, 0, "x"), register("bob"), write(1, 0, "x"), register("cyn"));
    expect(state.sessions.map(({ session }) => session)).toEqual([1, 5]);
  });

  test("and a copy of a command whose session has expired is not applied again", () => {
    const { last, words } = run(register("ada"), write(1, 0, "x"), register("bob"), register("cyn"), write(1, 0, "x"));
    expect(last).toEqual({ type: "expired" });
    expect(words).toEqual(["x"]);
  });

  test.each([0, -1, 1.5, Number.NaN])("there is room for more than %s", (sessionsMax) => {
    expect(() => sessions(journal, { sessionsMax })).toThrow(RangeError);
  });
});

describe("what changes nothing returns the very state", () => {
  test.each([
    ["a copy of a command", write(1, 0, "x")],
    ["a command of no session", write(9, 0, "x")],
  ])("%s", (_what, command) => {
    const { state } = run(register("ada"), write(1, 0, "x"));
    expect(machine.apply(state, command, 3).state).toBe(state);
  });
});

describe("isCommand", () => {
  const odd: readonly Plain[] = [
    null,
    { type: "register" },
    { ...write(1, 0, "x"), session: -1 },
    { ...write(1, 0, "x"), sequence: 0.5 },
    { ...write(1, 0, "x"), sequence: "0" },
    { ...write(1, 0, "x"), acknowledged: 1 },
    { ...write(1, 0, "x"), command: { type: "erase" } },
    { type: "invoke", session: 1, sequence: 0, acknowledged: 0 },
    { type: "expire", session: 1 },
  ];

  test.each([register("ada"), write(1, 0, "x"), write(1, 2, "x", 2)])("knows %j", (command) => {
    expect(machine.isCommand(command)).toBe(true);
  });

  test.each(odd)("does not know %j", (value) => {
    expect(machine.isCommand(value)).toBe(false);
  });
});

describe("queries", () => {
  test("need no session", () => {
    const { state } = run(register("ada"), write(1, 0, "x"));
    const query = { type: "word", at: 0 } as const;
    expect(machine.isQuery(query)).toBe(true);
    expect(machine.read(state, query)).toBe("x");
  });
});

/** Either a registration, or a command for one of the sessions opened before: few numbers, so that copies are many. */
const actions = fc.oneof(
  { arbitrary: fc.constant("register" as const), weight: 1 },
  { arbitrary: fc.record({ which: fc.nat(5), sequence: fc.nat(5), waitsFor: fc.nat(5) }), weight: 5 },
);
const commands: fc.Arbitrary<readonly Command[]> = fc
  .array(actions, { minLength: 1, maxLength: 40, size: "max" })
  .map((all) => {
    const opened: number[] = [];
    return all.map((action, at) => {
      const session = action === "register" ? undefined : opened[opened.length - 1 - (action.which % opened.length)];
      if (action === "register" || session === undefined) {
        opened.push(at + 1);
        return register("ada");
      }
      const { sequence, waitsFor } = action;
      return write(session, sequence, `${session}.${sequence}`, waitsFor < 2 ? Math.min(sequence, waitsFor) : 0);
    });
  });

describe("whatever the clients send", () => {
  test("no command is applied twice", () => {
    const property = fc.property(commands, (all) => {
      const { words } = run(...all);
      expect(new Set(words).size).toBe(words.length);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("every copy of a command gets the same result, or none", () => {
    const property = fc.property(commands, (all) => {
      const { results, words } = run(...all);
      for (const [at, command] of all.entries()) {
        const result = results[at];
        if (command.type !== "invoke" || result?.type !== "returned") continue;
        expect(words[result.result - 1]).toBe(command.command.word);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("there are never more sessions than there is room for, and they expire as in a list kept by hand", () => {
    const property = fc.property(commands, (all) => {
      const uses = new Map<number, number>();
      for (const [at, command] of all.entries()) {
        if (command.type === "invoke" && !uses.has(command.session)) continue;
        uses.set(command.type === "register" ? at + 1 : command.session, at);
        const oldest = [...uses].sort(([, x], [, y]) => x - y).at(0)?.[0];
        if (uses.size > 2 && oldest !== undefined) uses.delete(oldest);
      }
      const byUse = [...uses].sort(([, x], [, y]) => x - y).map(([session]) => session);
      expect(run(...all).state.sessions.map(({ session }) => session)).toEqual(byUse);
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("a snapshot at any point takes nothing away", () => {
    const property = fc.property(commands, (all) => {
      const { state } = run(...all);
      const chunks = decode(encode(machine.toChunks(state))) as readonly Plain[];
      expect(machine.fromChunks(chunks)).toEqual(state);
    });
    fc.assert(property, { numRuns: 200 });
  });

  test("and the runs are worth something: commands are copied, acknowledged, and expire", () => {
    const sample = fc.sample(commands, { seed: 6_3, numRuns: 200 }).map((all) => run(...all));
    const results = sample.flatMap((one) => one.results.map(({ type }) => type));
    for (const type of ["registered", "returned", "acknowledged", "expired"] as const) {
      expect(results.filter((result) => result === type).length).toBeGreaterThan(100);
    }
    const returns = results.filter((type) => type === "returned").length;
    expect(returns - sample.flatMap(({ words }) => words).length).toBeGreaterThan(100);
  });
});

describe("a snapshot", () => {
  const many = sessions(journal, { sessionsMax: 1_000 });

  test("of many sessions is in several chunks", () => {
    let state: SessionState<Journal> = many.initial;
    for (let index = 1; index <= 300; index++) ({ state } = many.apply(state, register("ada"), index));
    const chunks = many.toChunks(state);
    expect(chunks).toHaveLength(Math.ceil(300 / 128) + 1);
    expect(many.fromChunks(chunks)).toEqual(state);
  });

  test("of sessions behind sessions tells them apart", () => {
    const twice = sessions(machine, { sessionsMax: 2 });
    const inner = twice.apply(twice.initial, { type: "register", client: "ada" }, 1).state;
    const command = { type: "invoke", session: 1, sequence: 0, acknowledged: 0, command: register("bob") } as const;
    const { state } = twice.apply(inner, command, 2);
    expect(twice.fromChunks(twice.toChunks(state))).toEqual(state);
  });

  test.each<readonly [string, readonly Plain[]]>([
    ["nothing", []],
    ["no sessions", [null]],
    ["fewer chunks of sessions than it says", [{ sessions: [], more: 1 }, null]],
    ["a session without results", [{ sessions: [{ session: 1, acknowledged: 0 }], more: 0 }, null]],
    [
      "a result without a number",
      [{ sessions: [{ session: 1, acknowledged: 0, results: [{ result: 1 }] }], more: 0 }, null],
    ],
  ])("that holds %s stops the node", (_what, chunks) => {
    expect(() => machine.fromChunks(chunks)).toThrow(/a snapshot (begins with its sessions|holds the sessions)/);
  });
});
