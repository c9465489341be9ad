import { isLinearizable } from "@quorate/checker";
import type { NodeEvent } from "@quorate/checker";
import { nodeId, raft, raftConfig, replicated, sessions } from "@quorate/core";
import type { SessionResult } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { firstCommand } from "./clients.ts";
import type { SessionService } from "./clients.ts";
import { journalMachine, journalObject } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { sessionObserver } from "./operations.ts";
import type { SessionHistory } from "./operations.ts";

const self = nodeId("n1");
const service = replicated(raft, sessions(journalMachine, { sessionsMax: 1 }));
const config = raftConfig({ self, voters: [self] });
const { state } = service.start(config, service.initial(config));
const disk = state.durable;

const x = firstCommand;
const y = { ...firstCommand, sequence: 1, command: { type: "append", word: "y" } } as const;
type Command = typeof x;
type Output = SessionService["output"];
type Event = NodeEvent<SessionService>;

/** A client sends `command`, and is refused or not. */
function sends(command: Command, isRefused = false): Event {
  const request = { type: "broadcast", commands: [command] } as const;
  const refused = { type: "refused", request, reason: "notLeader", leader: null } as const;
  const input = { type: "request", request } as const;
  return { type: "input", input, node: self, effects: isRefused ? outputs(refused) : [], state, disk };
}

/** A node says what came of the copy of `command` at `index`. */
function says(index: number, command: Command, result: SessionResult<Journal>): Event {
  const input = { type: "timeout", timer: "heartbeat" } as const;
  const applied = { type: "applied", index, command, result } as const;
  return { type: "input", input, node: self, effects: outputs(applied), state, disk };
}

function outputs(output: Output) {
  return [{ type: "output", output }] as const;
}

function returned(result: number): SessionResult<Journal> {
  return { type: "returned", result };
}

function historyOf(answered: readonly Command[], ...events: readonly Event[]): SessionHistory {
  const observer = sessionObserver(answered);
  return events.reduce((history, event) => observer.observe(history, event), observer.initial);
}

const isGood = ({ operations }: SessionHistory): boolean => isLinearizable(journalObject, operations);

describe("a command that is sent more than once", () => {
  test("is one operation, with the first result", () => {
    const history = historyOf([], sends(x), sends(x), says(3, x, returned(1)), says(4, x, returned(1)));
    expect(history.operations.threads["2/0"]?.completed).toMatchObject([{ result: 1 }]);
    expect(history).toMatchObject({ indexes: { "2/0": 3 }, repeated: ["2/0"], contradicted: [], expired: [] });
    expect(isGood(history)).toBe(true);
  });

  test("has one result wherever it is heard of", () => {
    const history = historyOf([], sends(x), says(3, x, returned(1)));
    expect(sessionObserver([]).observe(history, says(3, x, returned(1)))).toBe(history);
    expect(history.repeated).toEqual([]);
  });

  test("is contradicted by another result", () => {
    const history = historyOf([], sends(x), says(3, x, returned(1)), says(4, x, returned(2)));
    expect(history.contradicted).toEqual(["2/0"]);
  });

  test("may have been applied or not if its session has expired", () => {
    const asked = [sends(x), says(3, x, { type: "expired" }), sends(y)];
    expect(isGood(historyOf([], ...asked, says(4, y, returned(1))))).toBe(true);
    expect(isGood(historyOf([], ...asked, says(4, y, returned(2))))).toBe(true);
    expect(historyOf([], ...asked).expired).toEqual(["2/0"]);
  });

  test("has not been sent while it is refused", () => {
    expect(historyOf([], sends(x, true))).toEqual(sessionObserver([]).initial);
  });
});

describe("a command that was answered before", () => {
  test("comes first", () => {
    expect(isGood(historyOf([x], sends(y), says(4, y, returned(2))))).toBe(true);
    expect(isGood(historyOf([x], sends(y), says(4, y, returned(1))))).toBe(false);
  });

  test("has its result already", () => {
    const history = historyOf([x], sends(x), says(4, x, { type: "acknowledged" }));
    expect(history).toEqual(sessionObserver([x]).initial);
    expect(historyOf([x], sends(x), says(4, x, returned(2))).contradicted).toEqual(["2/0"]);
  });
});

test("a word too many shows in the result of the next", () => {
  const asked = [sends(x), says(3, x, returned(1)), sends(y)];
  expect(isGood(historyOf([], ...asked, says(5, y, returned(2))))).toBe(true);
  expect(isGood(historyOf([], ...asked, says(5, y, returned(3))))).toBe(false);
});

test("a journal that was in a snapshot is the same", () => {
  const words = ["x", "y"];
  expect(journalMachine.fromChunks(journalMachine.toChunks(words))).toEqual(words);
});
