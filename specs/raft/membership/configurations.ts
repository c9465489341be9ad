/** Configurations: which of them act, what their quorums are, and what is on the disks of one. */

import { isEqual } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { isQuorum, isRaftQuorum, majorities } from "@quorate/core";
import type { Index, NodeId, Quorums, Raft, RaftConfiguration } from "@quorate/core";
import type { CommitHistory } from "../shared/commitments.ts";
import { diskLogOf, durableOf, entriesOf, entryIn } from "../shared/logs.ts";
import type { WithCommitments, WithRaftNodes } from "../shared/properties.ts";

/** A configuration with the index of its entry; 0 is that of the first one, which no log has. */
export type PlacedConfiguration = { readonly index: Index; readonly configuration: RaftConfiguration };

/** The configuration without joint parts that has these voters and learners, as raft itself writes it. */
export function settledConfiguration(voters: readonly NodeId[], learners: readonly NodeId[] = []): RaftConfiguration {
  return { voters: [...voters].sort(), outgoing: [], learners: [...learners].sort(), learnersNext: [] };
}

/** The configurations in a node's log. It acts on the last one. */
function configurationsOf(node: NodeView<Raft>): readonly PlacedConfiguration[] {
  return entriesOf(durableOf(node).log).flatMap(({ index, entry }) => {
    return entry.type === "configuration" ? [{ index, configuration: entry.configuration }] : [];
  });
}

/**
 * Configuration safety: from the last committed configuration on, those in a node's log are such that every quorum of one
 * meets every quorum of each other. Before that one is committed, any of them may still come to act.
 *
 * @param first the configuration with which logs begin
 */
export function quorumsIntersect(first: RaftConfiguration): (s: WithCommitments & WithRaftNodes) => boolean {
  return ({ history, nodes }) => {
    const committed = committedConfigurations(history.committed);
    return nodes.map(configurationsOf).every((configurations) => {
      const placed = [{ index: 0, configuration: first }, ...configurations];
      const last = placed.findLastIndex((one) => one.index === 0 || committed.some((other) => isEqual(one, other)));
      const acting = placed.slice(last).map(({ configuration }) => configuration);
      return acting.every((one, at) => acting.slice(at + 1).every((other) => alwaysMeet(one, other)));
    });
  };
}

export function committedConfigurations(committed: CommitHistory): readonly PlacedConfiguration[] {
  return committed.flatMap(({ index, entry }) => {
    return entry.type === "configuration" ? [{ index, configuration: entry.configuration }] : [];
  });
}

/** Whether no quorum of one configuration, in the eyes of the protocol, is disjoint from one of the other. */
function alwaysMeet(one: RaftConfiguration, other: RaftConfiguration): boolean {
  const nodes = [...new Set([...one.voters, ...one.outgoing, ...other.voters, ...other.outgoing])];
  return subsetsOf(nodes).every((set) => {
    const rest = nodes.filter((node) => !set.includes(node));
    return !isRaftQuorum(one, set) || !isRaftQuorum(other, rest);
  });
}

function subsetsOf(nodes: readonly NodeId[]): readonly (readonly NodeId[])[] {
  return nodes.reduce<readonly (readonly NodeId[])[]>(
    (sets, node) => [...sets, ...sets.map((set) => [...set, node])],
    [[]],
  );
}

/**
 * Each committed entry is on the disks of a quorum: of the last committed configuration, or of one in somebody's log that
 * came after it. What a majority is, is said here once more: the protocol's own notion is not asked.
 */
export function committedIsDurable(first: RaftConfiguration): (s: WithCommitments & WithRaftNodes) => boolean {
  return ({ history, nodes }) => {
    const { committed } = history;
    const disks = nodes.map(diskLogOf);
    const last = committedConfigurations(committed).at(-1) ?? { index: 0, configuration: first };
    const later = nodes.map(configurationsOf).flatMap((placed) => placed.filter(({ index }) => index > last.index));
    return committed.every(({ index, entry }) => {
      const holders = disks.filter(({ log }) => isEqual(entryIn(log, index), entry)).map(({ id }) => id);
      return [last, ...later].some(({ configuration }) => isHeldByQuorum(configuration, holders));
    });
  };
}

function isHeldByQuorum({ voters, outgoing }: RaftConfiguration, holders: readonly NodeId[]): boolean {
  return [voters, ...(outgoing.length === 0 ? [] : [outgoing])].every((members) => {
    const majority: Quorums = majorities(members).phase2;
    return isQuorum(
      majority,
      holders.filter((node) => members.includes(node)),
    );
  });
}
