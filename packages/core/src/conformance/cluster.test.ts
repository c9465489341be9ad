/** The cluster in memory keeps the rules of protocol.ts, on which protocols rely. */

import { describe, expect, test } from "vitest";
import { nodeId } from "../protocol.ts";
import type { Protocol } from "../protocol.ts";
import { Cluster } from "./cluster.ts";
import { gossip } from "./gossip.ts";
import type { Gossip } from "./gossip.ts";

const [a, b] = [nodeId("a"), nodeId("b")];

function clusterOf(protocol: Protocol<Gossip> = gossip): Cluster<Gossip> {
  return new Cluster(
    protocol,
    [a, b].map((self) => ({ id: self, config: { self, nodes: [a, b] } })),
  );
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
