/** What the operator asks for, and what there is when the run begins. */

import { nodeId } from "@quorate/core";
import type { ChangeMembership, NodeId, RaftConfiguration, RaftDurable } from "@quorate/core";
import { diskWith, noopEntry, raftMembers } from "../shared/nodes.ts";
import { settledConfiguration } from "./configurations.ts";

export const SCENARIOS = [
  "add",
  "learn-and-promote",
  "promote",
  "replace",
  "replace-and-demote",
  "replace-by-two",
  "remove-leader",
  "remove-follower",
  "add-two",
  "diverging",
  "unaware",
] as const;

export type ScenarioName = (typeof SCENARIOS)[number];

export interface Scenario {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Those that begin without a configuration. */
  readonly joining: readonly NodeId[];
  /** Those that never run, of the voters. */
  readonly down: readonly NodeId[];
  /** Groups that hear each other within; null where all do. Who is in two of them hears both. */
  readonly groups: readonly (readonly NodeId[])[] | null;
  readonly changes: readonly ChangeMembership[];
  /** What the disk of a node holds, or null for an empty one. */
  readonly disk: (node: NodeId) => RaftDurable | null;
}

/** The scenario for a cluster that begins with `count` voters. */
export function scenario(name: ScenarioName, count: number): Scenario {
  const voters = raftMembers(count);
  const [next = nodeId("n"), afterNext = nodeId("n")] = raftMembers(count + 2).slice(count);
  const [others, allButLast, last] = [voters.slice(1), voters.slice(0, -1), voters.slice(-1)];
  const base: Scenario = { voters, learners: [], joining: [], down: [], groups: null, changes: [], disk: () => null };
  switch (name) {
    case "add":
      return { ...base, joining: [next], changes: [to([...voters, next])] };
    case "learn-and-promote":
      return { ...base, joining: [next], changes: [to(voters, [next]), to([...voters, next])] };
    case "promote":
      return { ...base, learners: [next], changes: [to([...voters, next])] };
    case "replace":
      return { ...base, joining: [next], changes: [to([...allButLast, next])] };
    case "replace-and-demote":
      return { ...base, joining: [next], changes: [to([...allButLast, next], last)] };
    case "replace-by-two":
      return { ...base, joining: [next, afterNext], changes: [to([...allButLast, next, afterNext])] };
    case "remove-leader":
      return { ...base, changes: [to(others)] };
    case "remove-follower":
      return { ...base, changes: [to(voters.filter((_, index) => index !== 1))] };
    case "add-two":
      return {
        ...base,
        joining: [next, afterNext],
        changes: [to([...voters, next]), to([...voters, next, afterNext])],
      };
    case "diverging": {
      const disk = (node: NodeId) => beforeDivergence(node, voters, settledConfiguration([...voters, next]));
      const groups = [[...voters.slice(0, 1), ...last, next], others];
      return { ...base, joining: [next], groups, changes: [to(others)], disk };
    }
    case "unaware": {
      const disk = (node: NodeId) => beforeAwareness(node, others, settledConfiguration([...voters, next]));
      return { ...base, learners: [next], down: voters.slice(0, 1), disk };
    }
  }
}

function to(voters: readonly NodeId[], learners: readonly NodeId[] = []): ChangeMembership {
  return { type: "changeMembership", voters, learners };
}

/**
 * n1 has led term 1, and has written a configuration into its log that nobody else has. Since then it has campaigned once
 * more, in term 2, and nobody heard of that. Only n4 hears both n1 and the others.
 */
function beforeDivergence(node: NodeId, voters: readonly NodeId[], own: RaftConfiguration): RaftDurable | null {
  const [first] = voters;
  if (node === first) {
    return diskWith(2, node, [noopEntry(1), { type: "configuration", term: 1, configuration: own }]);
  }
  return voters.includes(node) && first !== undefined ? diskWith(1, first, [noopEntry(1)]) : null;
}

/** n1 has led term 1, and has made the learner a voter; the other voters know of it, and the learner itself does not. */
function beforeAwareness(node: NodeId, others: readonly NodeId[], promoted: RaftConfiguration): RaftDurable {
  const isAware = others.includes(node);
  const change = { type: "configuration", term: 1, configuration: promoted } as const;
  return diskWith(1, isAware ? nodeId("n1") : null, [noopEntry(1), ...(isAware ? [change] : [])]);
}
