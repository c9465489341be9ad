/** What a trace says of a life, and how another life goes on with it. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeId, raft, raftConfig } from "@quorate/core";
import type { Effect, Raft, RaftState, Step, TotalOrderView } from "@quorate/core";
import { fromJson, toJson } from "@quorate/core/trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTrace, TraceFileError } from "./index.ts";
import type { Trace, TraceOptions } from "./index.ts";

const self = nodeId("n1");
const other = nodeId("n2");
const config = raftConfig({ self, voters: [self, other] });
const errors: Error[] = [];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-trace-"));
  errors.length = 0;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function open(more: Partial<TraceOptions<Raft>> = {}): Promise<Trace<Raft>> {
  const onError = (error: Error): unknown => errors.push(error);
  return openTrace<Raft>({
    file: join(folder, "t"),
    protocol: raft,
    config,
    node: self,
    cluster: "c",
    onError: (error) => void onError(error),
    ...more,
  });
}

function read(name = "t"): readonly Record<string, unknown>[] {
  const lines = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function sendIn({ effects }: Step<TotalOrderView<Raft>>): Extract<Effect<TotalOrderView<Raft>>, { type: "send" }> {
  const send = effects.find((effect) => effect.type === "send");
  if (send?.type !== "send") throw new Error("It sends nothing.");
  return send;
}

/** The face of the protocol says the same of states as Raft itself. */
function stateOf({ state: { durable, volatile } }: Step<TotalOrderView<Raft>>): RaftState {
  return { durable, volatile };
}

test("a life: its start, a step with what it changes, the flush, what leaves, what is told of the disk, the end", async () => {
  const trace = await open();
  const observer = trace.observer<Raft>();
  const begun = trace.protocol.start(config, raft.initial(config));
  const campaign = trace.protocol.step(config, stateOf(begun), { type: "timeout", timer: "election" });
  observer.flushed(campaign.state.durable);
  observer.left(sendIn(campaign));
  trace.protocol.step(config, stateOf(campaign), { type: "persisted", durable: campaign.state.durable });
  await trace.close();
  const [header, start, step, ...rest] = read();
  expect(header).toMatchObject({
    type: "header",
    format: 1,
    protocol: "raft",
    node: "n1",
    cluster: "c",
    life: 1,
    part: 1,
  });
  expect(header?.["config"]).toEqual(config);
  expect(start).toMatchObject({ type: "start", durable: null, effects: [{ type: "setTimer", timer: "election" }] });
  expect(step).toMatchObject({
    type: "step",
    n: 1,
    input: { type: "timeout", timer: "election" },
    changes: { "durable.term": "1", "durable.votedFor": '"n1"' },
  });
  expect(step?.["effects"]).toContainEqual({
    type: "send",
    to: "n2",
    message: "requestVote",
    after: "durable",
    digest: expect.stringMatching(/^[\w-]{16}$/),
  });
  const sent = campaign.effects.findIndex(({ type }) => type === "send");
  expect(rest.length).toBe(4);
  expect(rest).toMatchObject([
    { type: "flushed", n: 1 },
    { type: "left", n: 1, effect: sent },
    { type: "step", n: 2, input: { type: "persisted", step: 1 }, effects: [] },
    { type: "end", reason: "closed", error: null },
  ]);
  expect(errors).toEqual([]);
});

test("what the surroundings do that no step asked for is written down as that", async () => {
  const trace = await open();
  const observer = trace.observer<Raft>();
  const begun = trace.protocol.start(config, raft.initial(config));
  const campaign = trace.protocol.step(config, stateOf(begun), { type: "timeout", timer: "election" });
  const send = sendIn(campaign);
  observer.left(send);
  observer.left(send);
  observer.left({ ...send });
  observer.flushed({ ...campaign.state.durable, term: 77 });
  await trace.close();
  const unknown = { type: "left", n: null, what: "requestVote to n2" };
  expect(read().slice(4, -1)).toEqual([unknown, unknown, { type: "flushed", n: null }]);
});

test("outputs that stand for the protocol's own are told apart by their step and number", async () => {
  const alone = raftConfig({ self, voters: [self] });
  const trace = await open({ config: alone });
  const observer = trace.observer<Raft>();
  const begun = trace.protocol.start(alone, raft.initial(alone));
  const asked = trace.protocol.step(alone, stateOf(begun), { type: "request", request: { type: "read", id: "r" } });
  expect(asked.effects.map(({ type }) => type)).toEqual(["output"]);
  const standIn: Effect<Raft> = { type: "output", output: { type: "readable", id: "r", index: 0 } };
  observer.returned([standIn]);
  observer.left(standIn);
  await trace.close();
  expect(read().at(-2)).toEqual({ type: "left", n: 1, output: 0 });
});

test("a long life goes on in other files, and the next life in one more, each of which can be begun with", async () => {
  const first = await open({ rotateAt: 3000 });
  let state = stateOf(first.protocol.start(config, raft.initial(config)));
  const term = (of: number) =>
    ({ type: "requestVote", cluster: "", term: of, lastLogIndex: 0, lastLogTerm: 0, transfer: false }) as const;
  for (let n = 1; n <= 30; n++) {
    state = stateOf(first.protocol.step(config, state, { type: "receive", from: other, message: term(n) }));
  }
  await first.close();
  const files = readdirSync(folder).length;
  expect(files).toBeGreaterThan(2);
  expect(read().at(-1)).toEqual({ type: "end", reason: "full", error: null });
  const [header, resume, next] = read("t.1");
  expect(header).toMatchObject({ life: 1, part: 2 });
  expect(resume).toMatchObject({ type: "resume", timers: ["election"], flushed: 0 });
  expect(next?.["n"]).toBe(Number(resume?.["n"]) + 1);

  const second = await open();
  second.protocol.start(config, state.durable);
  await second.close();
  const [again, start] = read(`t.${files}`);
  expect(again).toMatchObject({ life: 2, part: 1 });
  expect(start).toMatchObject({ type: "start", durable: { value: { term: 30, votedFor: "n2" } } });
});

test("a file that is no trace, or another node's, is not touched", async () => {
  writeFileSync(join(folder, "t"), "dear diary\n");
  await expect(open()).rejects.toThrow(TraceFileError);
  await expect(open()).rejects.toThrow(/is there, and is no trace of this version. Give --trace another file/);
  expect(readFileSync(join(folder, "t"), "utf8")).toBe("dear diary\n");
  rmSync(join(folder, "t"));
  await (await open({ node: other })).close();
  await expect(open()).rejects.toThrow(/is the trace of a node whose node is n2, and not n1/);
});

test("a node that was killed before it had written anything goes on in the next file", async () => {
  writeFileSync(join(folder, "t"), '{"type":"hea');
  await (await open()).close();
  expect(read("t.1")[0]).toMatchObject({ type: "header", life: 1 });
});

test("values come back from a trace as they were", () => {
  const value = {
    "#": 1,
    "##x": "\ud800 and \u0000",
    bytes: Uint8Array.of(0, 34, 92, 128, 255),
    nested: [null, true, -5, { "": [] }],
  };
  expect(fromJson(JSON.parse(JSON.stringify(toJson(value))))).toEqual(value);
  expect(() => fromJson({ "#": 5 })).toThrow("a byte string");
  expect(() => fromJson({ "#": "\u0100" })).toThrow("none beyond");
});
