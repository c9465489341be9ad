/** The cluster in memory keeps the rules of protocol.ts, on which protocols rely. */

import { describe, expect, test } from "vitest";
import { nodeId } from "../protocol.ts";
import type { Protocol } from "../protocol.ts";
import { Cluster, NeverSettled } from "./cluster.ts";
import type { Persistence } from "./cluster.ts";
import { gossip } from "./gossip.ts";
import type { Gossip } from "./gossip.ts";

const [a, b] = [nodeId("a"), nodeId("b")];

function clusterOf(protocol: Protocol<Gossip> = gossip, persistence?: Persistence): Cluster<Gossip> {
  const members = [a, b].map((self) => ({ id: self, config: { self, nodes: [a, b] } }));
  return new Cluster(protocol, members, persistence);
}

/** Gossip that tells the outside what its disk holds, and writes the next number until it holds `last`. */
function writing(last: number): Protocol<Gossip> {
  return {
    ...gossip,
    step(config, state, input) {
      if (input.type !== "persisted") return gossip.step(config, state, input);
      const { largest } = state.durable;
      return {
        state: largest < last ? { ...state, durable: { largest: largest + 1 } } : state,
        effects: [{ type: "output", output: { type: "grown", number: 100 + input.durable.largest } }],
      };
    },
  };
}

/** The numbers that the nodes have told the outside. */
function told(cluster: Cluster<Gossip>): readonly number[] {
  return cluster.outputs.map(({ output }) => output.number);
}

function put(cluster: Cluster<Gossip>, number: number): void {
  cluster.input(a, { type: "request", request: { type: "put", number } });
}

const number = (largest: number) => ({ from: a, to: b, message: { type: "number", number: largest } });

describe("the disk", () => {
  test("holds back sends and outputs until it has the state that they were computed from", () => {
    const cluster = clusterOf();
    put(cluster, 7);
    expect([cluster.inFlight, cluster.outputs]).toEqual([[], []]);
    cluster.persist(a);
    expect(cluster.inFlight).toEqual([number(7)]);
    expect(cluster.outputs).toEqual([{ node: a, life: 1, output: { type: "grown", number: 7 } }]);
  });

  test("catches up step by step", () => {
    const cluster = clusterOf();
    put(cluster, 7);
    put(cluster, 8);
    cluster.persist(a);
    expect(cluster.inFlight).toEqual([number(7)]);
    cluster.persist(a);
    expect(cluster.inFlight).toEqual([number(7), number(8)]);
  });

  test("is all that a crash leaves", () => {
    const cluster = clusterOf();
    put(cluster, 7);
    cluster.persist(a);
    put(cluster, 8);
    cluster.crash(a);
    cluster.persist(a);
    cluster.start(a);
    const [node] = cluster.nodes;
    expect(node).toMatchObject({ disk: { largest: 7 }, starts: 2 });
    expect(node?.life).toEqual({
      memory: { durable: { largest: 7 }, volatile: { heard: [] } },
      timers: [],
      unwritten: [],
    });
  });

  test("does not hold back what may leave at once", () => {
    const cluster = clusterOf({
      ...gossip,
      step(config, state, input) {
        const step = gossip.step(config, state, input);
        return {
          ...step,
          effects: step.effects.map((effect) => (effect.type === "send" ? { ...effect, after: "now" } : effect)),
        };
      },
    });
    put(cluster, 7);
    expect(cluster.inFlight).toEqual([number(7)]);
    expect(cluster.outputs).toEqual([]);
  });
});

describe("persisted", () => {
  test("comes after what waited for the disk, and what it is answered with waits in turn", () => {
    const cluster = clusterOf(writing(9));
    put(cluster, 8);
    expect(told(cluster)).toEqual([]);
    cluster.persist(a);
    // The answer is not told yet: it was computed from 9, which is not on disk.
    expect(told(cluster)).toEqual([8]);
    expect(cluster.nodes[0]?.life?.memory.durable).toEqual({ largest: 9 });
    cluster.persist(a);
    expect(told(cluster)).toEqual([8, 108, 109]);
    cluster.persist(a);
    expect(told(cluster)).toEqual([8, 108, 109]);
  });

  test("comes for each step that made something durable, however late", () => {
    const cluster = clusterOf(writing(0));
    put(cluster, 7);
    put(cluster, 8);
    cluster.input(a, { type: "timeout", timer: "spread" });
    for (let writes = 0; writes < 5; writes++) cluster.persist(a);
    expect(told(cluster)).toEqual([7, 8, 107, 108]);
  });

  test("comes once for several steps that share a flush, with what the disk holds then", () => {
    const cluster = clusterOf(writing(0));
    put(cluster, 7);
    put(cluster, 8);
    cluster.persist(a, 2);
    expect(told(cluster)).toEqual([7, 8, 108]);
    expect(cluster.nodes[0]?.disk).toEqual({ largest: 8 });
  });

  test("comes within the step where persistence is synchronous, until nothing new is durable", () => {
    const cluster = clusterOf(writing(9), "synchronous");
    put(cluster, 7);
    expect(told(cluster)).toEqual([7, 107, 108, 109]);
    expect(cluster.nodes[0]).toMatchObject({ disk: { largest: 9 }, life: { unwritten: [] } });
    expect(cluster.inFlight).toEqual([number(7)]);
  });

  test("comes for what a start makes durable, and not for what it found", () => {
    const starting: Protocol<Gossip> = {
      ...writing(0),
      start: (config, durable) => gossip.start(config, durable.largest === 0 ? { largest: 1 } : durable),
    };
    const cluster = clusterOf(starting, "synchronous");
    expect(told(cluster)).toEqual([101, 101]);
    cluster.crash(a);
    cluster.start(a);
    expect(told(cluster)).toEqual([101, 101]);
  });

  test("does not come after a crash", () => {
    const cluster = clusterOf(writing(0));
    put(cluster, 7);
    cluster.crash(a);
    cluster.start(a);
    cluster.persist(a);
    expect(told(cluster)).toEqual([]);
  });

  test("is given up on where a node never stops", () => {
    expect(() => put(clusterOf(writing(1_000_000), "synchronous"), 7)).toThrow(
      "Node a makes another state durable each time that it is told of the last, 100 times in a row.",
    );
    const lagging = clusterOf(writing(1_000_000));
    put(lagging, 7);
    expect(() => lagging.settle()).toThrow(NeverSettled);
  });
});

test("a timer runs once it is set, until it fires, and not after a crash", () => {
  const cluster = clusterOf();
  const timers = () => cluster.nodes[0]?.life?.timers;
  expect(timers()).toEqual([]);
  put(cluster, 7);
  put(cluster, 8);
  expect(timers()).toEqual(["spread"]);
  cluster.crash(a);
  cluster.start(a);
  expect(timers()).toEqual([]);
});

test("a node that is down hears nothing", () => {
  const cluster = clusterOf();
  cluster.crash(b);
  cluster.deliver({ from: a, to: b, message: { type: "number", number: 7 } });
  cluster.start(b);
  expect(cluster.nodes[1]?.disk).toEqual({ largest: 0 });
});

test("settle starts every node, writes every disk and delivers every message", () => {
  const cluster = clusterOf();
  put(cluster, 7);
  cluster.crash(b);
  cluster.settle();
  expect(cluster.inFlight).toEqual([]);
  expect(cluster.nodes.map(({ disk }) => disk)).toEqual([{ largest: 7 }, { largest: 7 }]);
});

test("settle gives up on nodes that never stop sending", () => {
  const echo: Protocol<Gossip> = {
    ...gossip,
    step(config, state, input) {
      if (input.type !== "receive") return gossip.step(config, state, input);
      return { state, effects: [{ type: "send", to: input.from, message: input.message, after: "now" }] };
    },
  };
  const cluster = clusterOf(echo);
  put(cluster, 7);
  expect(() => cluster.settle(100)).toThrow("The nodes still send to each other after 100 deliveries.");
});
