/** Traces that the node writes, held by the checker against core: honest ones, and each deviation by its name. */

import { readdirSync } from "node:fs";
import { raft } from "@quorate/core";
import type { Protocol, Raft, RaftStep } from "@quorate/core";
import { checkTraces, nodeFiles } from "@quorate/checker/trace";
import type { TraceResult, TraceSpec } from "@quorate/checker/trace";
import raftTrace from "@quorate/specs/raft/trace.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodes, TracedCluster } from "./cluster.ts";
import type { Options, Wrong } from "./cluster.ts";
import { edit, editStep, tear } from "./edit.ts";

const [n1, n2, n3] = nodes;
let cluster: TracedCluster;
beforeEach(() => {
  cluster = new TracedCluster();
});
afterEach(async () => {
  await cluster.stopAll();
  cluster.remove();
});

async function check(files: readonly string[] = cluster.files, spec: TraceSpec = raftTrace): Promise<TraceResult> {
  await cluster.stopAll();
  expect(cluster.errors).toEqual([]);
  return await checkTraces(nodeFiles(files), spec, () => undefined, new AbortController().signal);
}

/** What is wrong: its kind and rule, and the whole message without the folder. */
async function deviation(spec?: TraceSpec): Promise<readonly [string, string, string]> {
  const { deviation: found, verdict } = await check(cluster.files, spec);
  expect(verdict).toBe("violated");
  const message = (found?.message ?? "").replaceAll(`${cluster.folder}/`, "");
  return [found?.kind ?? "", found?.rule ?? "", message];
}

async function begin(options: Options = {}): Promise<void> {
  cluster.remove();
  cluster = new TracedCluster(options);
  await cluster.startAll();
  cluster.elect(n1);
  cluster.broadcast(n1, "a", "b");
  cluster.settle();
}

async function restart(node: (typeof nodes)[number]): Promise<void> {
  await cluster.stop(node);
  await cluster.start(node);
}

describe("honest traces", () => {
  test("of several lives and files are one run, in which everything holds", async () => {
    await begin({ rotateAt: 2000, preVote: true });
    await restart(n2);
    cluster.broadcast(n1, "c");
    cluster.settle();
    await restart(n1);
    cluster.elect(n3);
    cluster.broadcast(n3, "d", "\ud800");
    cluster.settle();
    const result = await check();
    expect(result.deviation?.message ?? null).toBeNull();
    expect(result).toMatchObject({ verdict: "holds", skipped: [] });
    expect(result.nodes.map(({ lives, torn }) => [lives, torn])).toEqual([
      [2, 0],
      [2, 0],
      [1, 0],
    ]);
    expect(readdirSync(cluster.folder).length).toBeGreaterThan(8);
    for (const name of [
      "committedIsDurable",
      "electionSafety",
      "logMatching",
      "leaderCompleteness",
      "stateMachineSafety",
      "validity",
    ]) {
      expect(result.properties).toContain(name);
    }
  });

  test("of a snapshot that a node is sent, and one that it restarts with", async () => {
    await begin();
    await cluster.stop(n3);
    cluster.broadcast(n1, "c", "d");
    cluster.settle();
    cluster.input(n1, { type: "request", request: { type: "compact", index: 4, chunks: ["abcd"] } });
    cluster.settle();
    await cluster.start(n3);
    cluster.input(n1, { type: "timeout", timer: "heartbeat" });
    cluster.settle();
    expect(cluster.stateOf(n3).durable.snapshot?.index).toBe(4);
    await restart(n3);
    expect((await check()).deviation?.message ?? null).toBeNull();
  });

  test("of killed nodes end early, and what is missing is counted", async () => {
    await begin();
    await cluster.stop(n1);
    cluster.elect(n2);
    cluster.broadcast(n2, "c");
    cluster.settle();
    await cluster.stopAll();
    tear(cluster.file(n2), 12);
    const result = await check();
    expect(result.deviation?.message ?? null).toBeNull();
    expect(result.nodes[1]).toMatchObject({ torn: 1 });
    expect(result.notes.sentAfterTear).toBeGreaterThan(0);
    expect(result.skipped).toEqual(["validity", "integrity", "committedIsDurable"]);
  });

  test("of a killed node that begins with what its trace had not told of yet", async () => {
    await begin();
    await cluster.stop(n2);
    tear(cluster.file(n2), 8);
    await cluster.start(n2);
    const result = await check();
    expect(result.deviation?.message ?? null).toBeNull();
    expect(result.nodes[1]).toMatchObject({ lives: 2, torn: 1, begunAfterTear: 1 });
  });

  test("without those of one node are incomplete, and those without the first file are counted", async () => {
    await begin({ rotateAt: 1500 });
    const without = await check([cluster.file(n1), cluster.file(n2)]);
    expect(without.deviation?.message ?? null).toBeNull();
    expect(without.verdict).toBe("incomplete");
    expect(without.notes.fromUnknown).toBeGreaterThan(0);
    const later = readdirSync(cluster.folder).filter((name) => name !== "n1.ndjson");
    const partial = await check(later.map((name) => `${cluster.folder}/${name}`));
    expect(partial.deviation?.message ?? null).toBeNull();
    expect(partial.nodes[0]).toMatchObject({ isPartial: true });
  });
});

describe("a field that was flipped", () => {
  beforeEach(async () => {
    await begin();
    await cluster.stopAll();
  });

  test("in the digest of a state", async () => {
    const line = editStep(cluster.file(n2), (step) => (step.n === 3 ? { ...step, digest: "0123456789abcdef" } : null));
    const reason = "the digest of the state differs from the replay's";
    expect(await deviation()).toEqual(["code", "state", `node n2, n2.ndjson line ${line}, step 3: ${reason}`]);
  });

  test("in a state, by the name of the field", async () => {
    editStep(cluster.file(n2), ({ changes, ...step }) => {
      return "durable.term" in changes ? { ...step, changes: { ...changes, "durable.term": "7" } } : null;
    });
    const [kind, , message] = await deviation();
    expect(kind).toBe("code");
    expect(message).toMatch(/durable\.term is 7 in the node's state, and 1 in the replayed one$/);
  });

  test("in an effect: its target, its content, or that it is missing", async () => {
    let at = 0;
    editStep(cluster.file(n1), (step) => {
      at = step.effects.findIndex(({ type }) => type === "send");
      const effect = step.effects[at];
      return effect?.type === "send" ? { ...step, effects: step.effects.with(at, { ...effect, to: n1 }) } : null;
    });
    const [kind, rule, message] = await deviation();
    expect([kind, rule]).toEqual(["code", "effects"]);
    expect(message).toMatch(
      /effect \d is send requestVote to n1 after durable \(.{16}\), and in the replay \{type: "send", to: "n2"/,
    );
  });

  test("in an input", async () => {
    editStep(cluster.file(n3), (step) => {
      const { input } = step;
      if (input.type !== "receive") return null;
      const message = { ...Object.fromEntries(Object.entries(input.message ?? {})), term: 1234 };
      return { ...step, input: { ...input, message } };
    });
    const [kind, rule, message] = await deviation();
    expect([kind, rule]).toEqual(["network", "notSent"]);
    expect(message).toMatch(
      /^node n3, n3.ndjson line \d+, step \d+: it received requestVote from n1, which never sent it$/,
    );
  });

  test("a step that is missing", async () => {
    editStep(cluster.file(n3), (step) => (step.n > 2 ? { ...step, n: step.n + 1 } : null));
    expect((await deviation())[2]).toMatch(/step 4 comes after step 2$/);
  });
});

describe("a shell that does otherwise", () => {
  const cases: readonly (readonly [Wrong, string, string, RegExp])[] = [
    [
      "sendsBeforeFlush",
      "shell",
      "leftBeforeFlush",
      /effect \d of step 1, requestVote to n2, left before the disk held the durable state of step 1$/,
    ],
    [
      "reorders",
      "shell",
      "leftOutOfOrder",
      /effects left out of order: number \d of step 1 after number \d of step 1$/,
    ],
    [
      "tellsNothingOfItsDisk",
      "shell",
      "persistedLate",
      /the disk holds the durable state of step 1, and the protocol was given something else before it was told$/,
    ],
    [
      "tellsOfItsDiskTooEarly",
      "shell",
      "persistedBeforeFlush",
      /was told that the disk holds the durable state of step 1, and it holds that of step 0$/,
    ],
    [
      "sendsTwice",
      "shell",
      "unknownEffect",
      /requestVote to n2 left, which no step returned, or which has left before$/,
    ],
    [
      "keepsASend",
      "shell",
      "persistedBeforeLeft",
      /the protocol was told of its disk, and effect \d of step 1, requestVote to n2, had not left$/,
    ],
  ];
  test.each(cases)("%s", async (wrong, kind, rule, message) => {
    await cluster.startAll();
    cluster.wrong = wrong;
    cluster.input(n1, { type: "timeout", timer: "election" });
    cluster.flush(n1);
    cluster.wrong = "nothing";
    cluster.input(n1, { type: "request", request: { type: "read", id: "r" } });
    const found = await deviation();
    expect(found.slice(0, 2)).toEqual([kind, rule]);
    expect(found[2]).toMatch(/^node n1, n1\.ndjson line \d+, /);
    expect(found[2]).toMatch(message);
  });

  test("an effect that leaves twice by its number", async () => {
    await begin();
    await cluster.stopAll();
    let first: number | null = null;
    edit(cluster.file(n1), (record) => {
      if (record.type !== "left" || record.n !== 1 || !("effect" in record)) return null;
      first ??= record.effect;
      return record.effect === first ? null : { ...record, effect: first };
    });
    expect((await deviation()).slice(0, 2)).toEqual(["shell", "leftTwice"]);
  });

  test("a timer that fires and was not set", async () => {
    await begin();
    cluster.input(n2, { type: "timeout", timer: "heartbeat" });
    expect(await deviation()).toMatchObject([
      "shell",
      "timerNotSet",
      expect.stringMatching(/the timer heartbeat fired, and it was not running/),
    ]);
  });

  test("a message that nobody sent, and one that its sender sends only later", async () => {
    await begin();
    cluster.input(n2, { type: "receive", from: n3, message: { type: "timeoutNow", cluster: "test", term: 1 } });
    expect(await deviation()).toMatchObject([
      "network",
      "notSent",
      expect.stringMatching(/it received timeoutNow from n3, which never sent it/),
    ]);
  });

  test("messages that wait for each other", async () => {
    await cluster.startAll();
    // Each is given the other's request for votes before it asks for votes itself.
    const ask = {
      type: "requestVote",
      cluster: "test",
      term: 2,
      lastLogIndex: 0,
      lastLogTerm: 0,
      transfer: false,
    } as const;
    cluster.input(n1, { type: "receive", from: n2, message: ask });
    cluster.input(n2, { type: "receive", from: n1, message: ask });
    for (const node of [n1, n2]) {
      cluster.flush(node);
      cluster.input(node, { type: "timeout", timer: "election" });
      cluster.flush(node);
    }
    const forged = cluster.inFlight.filter(({ message }) => message.type === "requestVote");
    expect(forged.length).toBe(4);
    await cluster.stopAll();
    for (const node of [n1, n2]) {
      const from = node === n1 ? n2 : n1;
      const sent = forged.find((envelope) => envelope.from === from && envelope.to === node)?.message;
      editStep(cluster.file(node), (step) => {
        return step.n === 1 ? { ...step, input: { type: "receive", from, message: { ...sent } } } : null;
      });
    }
    expect(await deviation()).toMatchObject([
      "network",
      "causality",
      expect.stringMatching(/n1 for requestVote from n2, n2 for requestVote from n1/),
    ]);
  });
});

describe("a disk that forgets", () => {
  test("the last that it was said to hold: it is named by the step", async () => {
    await begin();
    const before = cluster.diskOf(n2);
    cluster.broadcast(n1, "c");
    cluster.settle();
    await cluster.stop(n2);
    await cluster.start(n2, before);
    const [kind, rule, message] = await deviation();
    expect([kind, rule]).toEqual(["shell", "lostWrite"]);
    expect(message).toMatch(
      /^node n2, n2\.ndjson\.1 line 2, life 2, the start: it begins with the durable state of step (\d+) of life 1, .* of step (\d+) of life 1: the disk lost step \2$/,
    );
  });

  test("everything", async () => {
    await begin();
    await restart(n2);
    await cluster.stop(n2);
    await cluster.start(n2, raft.initial(cluster.configOf(n2)));
    expect((await deviation())[2]).toMatch(
      /it begins with the durable state of step 0 of life 1, .*: the disk lost step \d+$/,
    );
  });

  test("or holds what nobody wrote", async () => {
    await begin();
    await cluster.stop(n2);
    await cluster.start(n2, { ...cluster.diskOf(n2), term: 99 });
    expect((await deviation()).slice(0, 2)).toEqual(["shell", "otherDisk"]);
  });
});

describe("another protocol", () => {
  /** Who is asked for a vote always gives it. */
  const credulous: Protocol<Raft> = {
    ...raft,
    step: (config, state, input): RaftStep => {
      if (input.type !== "receive" || input.message.type !== "requestVote") return raft.step(config, state, input);
      const forgetful = { ...state, durable: { ...state.durable, votedFor: null } };
      return raft.step(config, forgetful, input);
    },
  };

  async function twoLeaders(): Promise<void> {
    cluster.remove();
    cluster = new TracedCluster({ protocol: credulous });
    await cluster.startAll();
    for (const node of [n1, n2]) {
      cluster.input(node, { type: "timeout", timer: "election" });
      cluster.flush(node);
    }
    // n3 votes for both.
    cluster.inFlight = cluster.inFlight.filter(({ to }) => to === n3);
    cluster.settle();
    expect([n1, n2].map((node) => cluster.stateOf(node).volatile.role.type)).toEqual(["leader", "leader"]);
  }

  test("is found where it does something else, by what it does", async () => {
    await twoLeaders();
    const [kind, rule, message] = await deviation();
    expect([kind, rule]).toEqual(["code", "state"]);
    expect(message).toMatch(
      /^node n3, .* durable\.votedFor is "n2" in the node's state, and "n1" in the replayed one$/,
    );
  });

  test("that is taken for the right one breaks a property of one step", async () => {
    await twoLeaders();
    expect((await deviation({ ...raftTrace, protocol: credulous })).slice(0, 2)).toEqual(["property", "voteOnce"]);
  });

  test("or one of all nodes", async () => {
    await twoLeaders();
    const found = await deviation({ ...raftTrace, protocol: credulous, nodeSteps: {} });
    expect(found).toMatchObject([
      "property",
      "electionSafety",
      expect.stringMatching(/electionSafety does not hold: n[12] leads term 1, which n[12] has led$/),
    ]);
  });
});
