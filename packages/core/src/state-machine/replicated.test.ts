/** Schneider (1990), "Fault-Tolerant State Machines", over a total order of one node. `raft.test.ts` has more nodes. */

import { describe, expect, test } from "vitest";
import { Cluster } from "../conformance/index.ts";
import { journal } from "../conformance/journal.ts";
import type { Journal } from "../conformance/journal.ts";
import { LENGTH_MAX, singleNode } from "../conformance/single-node.ts";
import type { SingleNode } from "../conformance/single-node.ts";
import type { Plain } from "../plain.ts";
import { nodeId } from "../protocol.ts";
import type { Protocol } from "../protocol.ts";
import { replicated } from "./index.ts";
import type { Replicated } from "./index.ts";

type Subject = Replicated<SingleNode, Journal>;

const a = nodeId("a");
const subject: Protocol<Subject> = replicated(singleNode, journal);

function write(word: string): Journal["command"] {
  return { type: "write", word };
}

/** A node that runs, and what it has said since it was last asked. */
class Scenario {
  readonly #cluster = new Cluster(subject, [{ id: a, config: { self: a } }]);
  #heard = 0;

  ask(request: Subject["request"]): this {
    this.#cluster.input(a, { type: "request", request });
    return this;
  }

  write(...words: readonly string[]): this {
    return this.ask({ type: "broadcast", commands: words.map(write) });
  }

  settle(): this {
    this.#cluster.settle();
    return this;
  }

  restart(): this {
    this.#cluster.crash(a);
    this.#cluster.start(a);
    return this;
  }

  said(): readonly Subject["output"][] {
    const outputs = this.#cluster.outputs.slice(this.#heard).map(({ output }) => output);
    this.#heard += outputs.length;
    return outputs;
  }

  get volatile(): Subject["volatile"] | undefined {
    return this.#cluster.nodes[0]?.life?.memory.volatile;
  }
}

function applied(index: number, word: string, result: number): Subject["output"] {
  return { type: "applied", index, command: write(word), result };
}

describe("commands", () => {
  test("are applied in the order of delivery, and each has its result", () => {
    const scenario = new Scenario().settle().write("x", "y").write("x").settle();
    expect(scenario.said()).toEqual([applied(2, "x", 1), applied(3, "y", 2), applied(4, "x", 3)]);
    expect(scenario.volatile).toEqual({ applied: 4, state: ["x", "y", "x"], protocol: { persisted: 4 } });
  });

  test("that are none are passed over, and the order goes on", () => {
    const odd: readonly Plain[] = [null, "write", { type: "write" }, { type: "erase", word: "x" }];
    const scenario = new Scenario().settle();
    scenario.ask({ type: "broadcast", commands: [...odd.map(passOff), write("y")] }).settle();
    const unknown = odd.map((command, at) => ({ type: "unknown", index: 2 + at, command }));
    expect(scenario.said()).toEqual([...unknown, applied(6, "y", 1)]);
  });

  test("that change nothing are applied, too", () => {
    const scenario = new Scenario().settle().write("x", "").settle();
    expect(scenario.said()).toEqual([applied(2, "x", 1), applied(3, "", 1)]);
    expect(scenario.volatile?.applied).toBe(3);
  });

  test("that the protocol refuses are refused, with its reason", () => {
    const words = Array.from({ length: LENGTH_MAX }, (_, at) => `word ${at}`);
    const scenario = new Scenario().settle().write(...words);
    const request = { type: "broadcast", commands: words.map(write) };
    expect(scenario.said()).toEqual([{ type: "refused", request, reason: "full", leader: null }]);
  });

  test("that no disk holds yet are not applied", () => {
    const scenario = new Scenario().settle().write("x");
    expect(scenario.said()).toEqual([]);
    expect(scenario.volatile?.state).toEqual([]);
  });
});

/** Lets a test send what the types forbid. */
function passOff(value: Plain): Journal["command"] {
  return value as Journal["command"];
}

describe("reads", () => {
  const read = { type: "read", id: "r", query: { type: "word", at: 0 } } as const;

  test("are answered from the state, under their own id", () => {
    const scenario = new Scenario().settle().ask(read).write("x").ask(read).settle().ask(read);
    expect(scenario.said()).toEqual([
      { type: "answer", id: "r", answer: null },
      { type: "answer", id: "r", answer: null },
      applied(2, "x", 1),
      { type: "answer", id: "r", answer: "x" },
    ]);
  });

  test("leave nothing behind", () => {
    const config = { self: a };
    const { state } = subject.start(config, subject.initial(config));
    expect(subject.step(config, state, { type: "request", request: read }).state).toBe(state);
  });
});

describe("a restart", () => {
  test("applies again what the log holds", () => {
    const scenario = new Scenario().settle().write("x", "y").settle();
    scenario.said();
    scenario.restart().settle().write("z").settle();
    expect(scenario.said()).toEqual([applied(2, "x", 1), applied(3, "y", 2), applied(5, "z", 3)]);
  });
});

describe("a snapshot", () => {
  test("stands for what was applied before it, also after a restart", () => {
    const scenario = new Scenario().settle().write("x", "y").settle().ask({ type: "snapshot" }).write("z").settle();
    scenario.said();
    scenario.restart().settle();
    expect(scenario.said()).toEqual([{ type: "restored", index: 3 }, applied(4, "z", 3)]);
    expect(scenario.volatile?.state).toEqual(["x", "y", "z"]);
  });

  test("of an earlier state leaves the commands after it in the log", () => {
    const scenario = new Scenario().settle().write("x").settle();
    const replica = { applied: 2, state: scenario.volatile?.state ?? [] };
    scenario.write("y", "z").settle().ask({ type: "earlierSnapshot", replica }).settle();
    scenario.said();
    scenario.restart().settle();
    expect(scenario.said()).toEqual([{ type: "restored", index: 2 }, applied(3, "y", 2), applied(4, "z", 3)]);
    expect(scenario.volatile?.state).toEqual(["x", "y", "z"]);
  });

  test("makes room in the log", () => {
    const words = Array.from({ length: LENGTH_MAX }, (_, at) => `word ${at}`);
    const scenario = new Scenario()
      .settle()
      .write("x")
      .settle()
      .ask({ type: "snapshot" })
      .write(...words)
      .settle();
    expect(scenario.volatile?.state).toEqual(["x", ...words]);
  });

  test("of nothing new is refused, as the snapshot that was asked for", () => {
    const scenario = new Scenario().settle().write("x").settle().ask({ type: "snapshot" }).settle();
    scenario.said();
    scenario.ask({ type: "snapshot" });
    const request = { type: "snapshot" };
    expect(scenario.said()).toEqual([{ type: "refused", request, reason: "alreadyCompacted", leader: null }]);
  });
});
