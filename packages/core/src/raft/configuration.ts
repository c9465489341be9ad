/** Configurations, and what is a quorum in them: dissertation, chapter 4. */

import type { NodeId } from "../protocol.ts";
import type { ConfigurationAt, Index, RaftConfig, RaftConfiguration, RaftEntry, RaftState } from "./types.ts";

/** A list of names without repetition in the order of their code units. */
export function sortedNodes(nodes: readonly NodeId[]): readonly NodeId[] {
  return [...new Set(nodes)].sort((a, b) => (a < b ? -1 : 1));
}

/** The configuration that this node acts on: the latest in its log, whether committed or not (section 4.1). */
export function currentConfiguration(config: RaftConfig, state: RaftState): RaftConfiguration {
  return state.volatile.configurations.at(-1)?.configuration ?? configurationBefore(config, state);
}

/** The latest configuration up to `index`, which the log has not forgotten: null if no entry has changed the first one. */
export function loggedConfigurationAt({ durable, volatile }: RaftState, index: Index): RaftConfiguration | null {
  const earlier = volatile.configurations.filter((at) => at.index <= index);
  return earlier.at(-1)?.configuration ?? durable.snapshot?.configuration ?? null;
}

/** The configuration with which the log begins. Only those that were there from the beginning know the first one. */
function configurationBefore(config: RaftConfig, state: RaftState): RaftConfiguration {
  return state.durable.snapshot?.configuration ?? config.bootstrap;
}

/**
 * Whether this node has a vote by its latest configuration, or by an earlier one that is not known to be replaced. One that
 * was removed may be the only one whose log is long enough, as long as its removal is not committed (section 4.2.2).
 */
export function mayCampaign(config: RaftConfig, state: RaftState): boolean {
  const { commitIndex, configurations } = state.volatile;
  const committed = loggedConfigurationAt(state, commitIndex) ?? config.bootstrap;
  const uncommitted = configurations.filter(({ index }) => index > commitIndex);
  return [committed, ...uncommitted.map(({ configuration }) => configuration)].some((of) => isVoter(of, config.self));
}

/** The configurations among `entries`, the first of which has the index `first`. */
export function configurationsIn(entries: readonly RaftEntry[], first: Index): readonly ConfigurationAt[] {
  const found: ConfigurationAt[] = [];
  for (const [at, entry] of entries.entries()) {
    if (entry.type === "configuration") found.push({ index: first + at, configuration: entry.configuration });
  }
  return found;
}

/** The index of the latest configuration in the log, or 0 if it is the snapshot's or the first one. */
export function configurationIndex({ configurations }: { readonly configurations: readonly ConfigurationAt[] }): Index {
  return configurations.at(-1)?.index ?? 0;
}

export function isJoint({ outgoing }: RaftConfiguration): boolean {
  return outgoing.length > 0;
}

export function isVoter({ voters, outgoing }: RaftConfiguration, node: NodeId): boolean {
  return voters.includes(node) || outgoing.includes(node);
}

/** Those whose votes are asked for. */
export function votersOf({ voters, outgoing }: RaftConfiguration): readonly NodeId[] {
  return outgoing.length === 0 ? voters : sortedNodes([...voters, ...outgoing]);
}

/** All that take part, voters and learners. */
export function membersOf({ voters, outgoing, learners }: RaftConfiguration): readonly NodeId[] {
  return sortedNodes([...voters, ...outgoing, ...learners]);
}

/** A majority of the voters and, while the configuration is joint, a majority of the outgoing ones too (section 4.3). */
export function isQuorum({ voters, outgoing }: RaftConfiguration, nodes: readonly NodeId[]): boolean {
  if (outgoing.length === 0) return isMajority(voters, nodes);
  return isMajority(voters, nodes) && isMajority(outgoing, nodes);
}

function isMajority(voters: readonly NodeId[], nodes: readonly NodeId[]): boolean {
  return 2 * nodes.filter((node) => voters.includes(node)).length > voters.length;
}

/** Why a configuration in a message can't be one, or null. */
export function configurationFault(configuration: RaftConfiguration): string | null {
  const { voters, outgoing, learners, learnersNext } = configuration;
  if (voters.length === 0) return "has no voters";
  if (![voters, outgoing, learners, learnersNext].every(isSorted)) return "has a list that is not in order";
  if (learners.some((node) => isVoter(configuration, node))) return "has a voter that is a learner";
  if (learnersNext.some((node) => !outgoing.includes(node) || voters.includes(node))) {
    return "has a next learner that is not an outgoing voter alone";
  }
  return null;
}

function isSorted(nodes: readonly NodeId[]): boolean {
  return nodes.every((node, at) => at === 0 || (nodes[at - 1] ?? node) < node);
}
