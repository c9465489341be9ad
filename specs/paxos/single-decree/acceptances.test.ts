/** What is chosen, where values are records: two that hold the same are one value. */

import { cluster, run } from "@quorate/checker";
import type { RunResult } from "@quorate/checker";
import { majorities, nodeId, paxos, paxosConfig } from "@quorate/core";
import type { Ballot, NodeId, Paxos, Plain, Proposal } from "@quorate/core";
import { expect, test } from "vitest";
import { consensusAlways, consensusObserver } from "../../shared/consensus.ts";
import type { ConsensusHistory } from "../../shared/consensus.ts";
import { acceptorObserver, chosenValues } from "./acceptances.ts";
import type { AcceptorHistory } from "./acceptances.ts";

const [n1, n2, n3] = [nodeId("n1"), nodeId("n2"), nodeId("n3")];
const nodes = [n1, n2, n3];
const { phase2 } = majorities(nodes);

const low: Ballot = { round: 1, node: n1 };
const high: Ballot = { round: 2, node: n2 };
const record = (to: string): Plain => ({ type: "put", to });

function accepting(...proposals: readonly (readonly [NodeId, Proposal])[]): AcceptorHistory {
  return proposals.reduce((history, [node, accepted]) => {
    const disk = { promised: accepted.ballot, accepted, lastTried: null };
    const { state } = paxos.start(paxosConfig(node, nodes), disk);
    return acceptorObserver.observe(history, { type: "persist", node, effects: [], state, disk });
  }, acceptorObserver.initial);
}

test("a majority for equal records at one ballot chooses one value, as often as it comes about", () => {
  const once = accepting([n1, { ballot: low, value: record("x") }], [n2, { ballot: low, value: record("x") }]);
  expect(once.acceptances).toEqual([{ ballot: low, value: record("x"), acceptors: ["n1", "n2"] }]);
  expect(chosenValues(once, phase2)).toEqual([record("x")]);
  const twice = accepting(
    [n1, { ballot: low, value: record("x") }],
    [n2, { ballot: low, value: record("x") }],
    [n2, { ballot: high, value: record("x") }],
    [n3, { ballot: high, value: record("x") }],
  );
  expect(twice.acceptances).toHaveLength(2);
  expect(chosenValues(twice, phase2)).toEqual([record("x")]);
});

test("different records are different values, also at one ballot, and in one order however they came", () => {
  const proposals = [
    [n1, { ballot: low, value: record("x") }],
    [n2, { ballot: low, value: record("y") }],
  ] as const;
  const history = accepting(...proposals);
  expect(history.acceptances).toHaveLength(2);
  expect(chosenValues(history, phase2)).toEqual([]);
  expect(accepting(...[...proposals].reverse())).toEqual(history);
  const both = accepting(
    ...proposals,
    [n2, { ballot: high, value: record("x") }],
    [n3, { ballot: high, value: record("x") }],
  );
  expect(chosenValues(both, phase2)).toEqual([record("x")]);
});

interface Histories {
  readonly [name: string]: Plain;
  readonly consensus: ConsensusHistory;
  readonly acceptors: AcceptorHistory;
}

/** Two proposers and one round, as in the spec, each with a value of its own. */
function race(values: readonly [Plain, Plain]): Promise<RunResult> {
  const subject = cluster<Paxos, Histories>({
    nodes: Object.fromEntries(nodes.map((node) => [node, { protocol: paxos, config: paxosConfig(node, nodes) }])),
    timeouts: 0,
    clients: Object.fromEntries(
      values.map((value, index) => [
        `client${index + 1}`,
        { to: nodes.slice(index, index + 1), requests: [{ type: "propose", value }] },
      ]),
    ),
    observers: { consensus: consensusObserver<Paxos>(), acceptors: acceptorObserver },
    always: { ...consensusAlways, oneValue: (s) => chosenValues(s.history.acceptors, phase2).length <= 1 },
    sometimes: { everyoneDecides: (s) => Object.keys(s.history.consensus.decided).length === nodes.length },
  });
  return run(subject, { depthMax: 12 });
}

test("two proposers race with records as they do with strings", async () => {
  const [strings, records] = await Promise.all([race(["a", "b"]), race([record("a"), record("b")])]);
  const { distinct, generated, depth, properties } = strings;
  expect(records).toMatchObject({ distinct, generated, depth });
  expect(properties.filter(({ verdict }) => verdict === "violated")).toEqual([]);
});
