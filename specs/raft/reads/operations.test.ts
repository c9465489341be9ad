import { isLinearizable, register } from "@quorate/checker";
import type { NodeEvent } from "@quorate/checker";
import { nodeId, raftConfig, replicated, raft } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { RegisterService } from "./clients.ts";
import { operationsObserver, valuesRead } from "./operations.ts";
import type { Operations } from "./operations.ts";
import { registerMachine } from "./register.ts";
import type { Word } from "./register.ts";

const [n1, n2] = [nodeId("n1"), nodeId("n2")];
const service = replicated(raft, registerMachine);
const config = raftConfig({ self: n1, voters: [n1] });
const { state } = service.start(config, service.initial(config));

type Output = RegisterService["output"];
type Request = RegisterService["request"];

/** A request arrives at n1, which says `outputs` at once. */
function request(request: Request, ...outputs: readonly Output[]): NodeEvent<RegisterService> {
  return event(n1, { type: "request", request }, outputs);
}

/** Later, `node` says something. */
function says(node: NodeId, ...outputs: readonly Output[]): NodeEvent<RegisterService> {
  return event(node, { type: "timeout", timer: "heartbeat" }, outputs);
}

type Inputs = Extract<NodeEvent<RegisterService>, { readonly type: "input" }>["input"];

function event(node: NodeId, input: Inputs, outputs: readonly Output[]): NodeEvent<RegisterService> {
  const effects = outputs.map((output) => ({ type: "output", output }) as const);
  return { type: "input", input, node, effects, state, disk: state.durable };
}

function historyOf(...events: readonly NodeEvent<RegisterService>[]): Operations {
  return events.reduce((history, event) => operationsObserver.observe(history, event), operationsObserver.initial);
}

const write = (word: string): Request => ({ type: "broadcast", commands: [{ type: "write", word }] });
const read: Request = { type: "read", id: 1, query: { type: "read" } };
const applied = (word: string): Output => ({
  type: "applied",
  index: 2,
  command: { type: "write", word },
  result: null,
});
const answer = (word: Word): Output => ({ type: "answer", id: 1, answer: word });
const refused = (request: Request): Output => ({ type: "refused", request, reason: "notLeader", leader: null });
const isGood = (history: Operations): boolean => isLinearizable(register<Word>(null), history);

describe("a write", () => {
  test("has ended when the first node has applied it, and stays so", () => {
    const history = historyOf(request(write("x")), says(n2, applied("x")));
    expect(history.threads["write x"]).toMatchObject({ completed: [{ result: { type: "writeOk" } }], inFlight: null });
    expect(operationsObserver.observe(history, says(n1, applied("x")))).toBe(history);
  });

  test("has to be seen by reads that begin after that", () => {
    const asked = [request(write("x")), says(n1, applied("x")), request(read)];
    expect(isGood(historyOf(...asked, says(n1, answer("x"))))).toBe(true);
    expect(isGood(historyOf(...asked, says(n1, answer(null))))).toBe(false);
  });

  test("may be seen or not by reads that began before", () => {
    const asked = [request(write("x")), request(read), says(n1, applied("x"))];
    expect(isGood(historyOf(...asked, says(n1, answer("x"))))).toBe(true);
    expect(isGood(historyOf(...asked, says(n1, answer(null))))).toBe(true);
  });

  test("that is refused has not happened", () => {
    expect(historyOf(request(write("x"), refused(write("x"))))).toEqual(operationsObserver.initial);
  });
});

describe("a read", () => {
  test("returns what the first answer says", () => {
    const history = historyOf(request(read), says(n1, answer(null)));
    expect(valuesRead(history)).toEqual([null]);
    expect(operationsObserver.observe(history, says(n1, answer("x")))).toBe(history);
  });

  test("that is refused, at once or later, has not happened", () => {
    expect(historyOf(request(read, refused(read)))).toEqual(operationsObserver.initial);
    expect(historyOf(request(read), says(n1, refused(read)))).toEqual(operationsObserver.initial);
  });

  test("under an id that is under way takes the other's place", () => {
    const again = [request(read), request(write("x")), says(n1, applied("x")), request(read)];
    expect(isGood(historyOf(...again, says(n1, answer("x"))))).toBe(true);
    expect(isGood(historyOf(...again, says(n1, answer(null))))).toBe(false);
  });

  test("under an id that was answered is another one", () => {
    const history = historyOf(request(read), says(n1, answer(null)), request(read), says(n1, answer("x")));
    expect(valuesRead(history)).toEqual([null, "x"]);
  });
});

test("what says nothing of clients leaves the very history", () => {
  const history = historyOf(request(write("x")));
  const transfer: Request = { type: "transferLeadership", to: n2 };
  expect(operationsObserver.observe(history, request(transfer, refused(transfer)))).toBe(history);
  expect(operationsObserver.observe(history, { type: "crash", node: n1, disk: state.durable })).toBe(history);
});
