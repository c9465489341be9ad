/** The clusters that the specs of Raft explore: who takes part, with which features, from which disks, asked for what. */

import type { Client, ClusterNode } from "@quorate/checker";
import { log, nodeId, raft, raftConfig } from "@quorate/core";
import type {
  NodeId,
  Protocol,
  Raft,
  RaftDurable,
  RaftEffect,
  RaftEntry,
  RaftInput,
  RaftMessage,
  RaftOptions,
  RaftSnapshot,
  RaftStep,
} from "@quorate/core";

/** What nodes have in common: who votes, who learns, and the features of `raftConfig`. */
export interface RaftClusterOptions extends Omit<RaftOptions, "self"> {
  /** Those that run. */
  readonly nodes: readonly NodeId[];
  /** The first configuration: all that run unless given. Those that run and are not named in it have none. */
  readonly voters?: readonly NodeId[];
  /**
   * Those whose election timers run: all unless given. Where election timers fire k times in a run, no more than k nodes
   * ever campaign, and nodes that begin alike may be renamed: the first k are enough.
   */
  readonly candidates?: readonly NodeId[];
  /** Which messages the network always loses, by what made the sender send them. None unless given. */
  readonly losing?: (message: RaftMessage, cause: RaftInput) => boolean;
  /** What the disk of a node holds from an earlier life: null, as unless given, for an empty one. */
  readonly earlier?: (node: NodeId, index: number) => RaftDurable | null;
}

/** The names n1, n2 and so on. */
export function raftMembers(count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, index) => nodeId(`n${index + 1}`));
}

/** The nodes of a cluster, by name, each with its configuration. */
export function raftNodes(options: RaftClusterOptions): { readonly [name: string]: ClusterNode<Raft> } {
  const {
    nodes,
    voters = nodes,
    learners = [],
    earlier = () => null,
    candidates = nodes,
    losing,
    ...features
  } = options;
  const members = [...voters, ...learners];
  return Object.fromEntries(
    nodes.map((self, index) => {
      const bootstrap = members.includes(self) ? { voters, learners } : {};
      const initial: typeof raft.initial = (config) => earlier(self, index) ?? raft.initial(config);
      const timed = candidates.includes(self) ? raft : withoutElections(raft);
      const protocol = losing === undefined ? timed : withLosses(timed, losing);
      return [self, { protocol: { ...protocol, initial }, config: raftConfig({ self, ...bootstrap, ...features }) }];
    }),
  );
}

/** The same protocol on a node whose election timer never fires. */
function withoutElections(protocol: Protocol<Raft>): Protocol<Raft> {
  const without = ({ state, effects }: RaftStep): RaftStep => ({ state, effects: effects.filter(isNoElectionTimer) });
  return {
    ...protocol,
    start: (config, durable) => without(protocol.start(config, durable)),
    step: (config, state, input) => without(protocol.step(config, state, input)),
  };
}

function isNoElectionTimer(effect: RaftEffect): boolean {
  return effect.type !== "setTimer" || effect.timer !== "election";
}

/** The same protocol on a network that loses some messages, all of them and always. */
function withLosses(
  protocol: Protocol<Raft>,
  losing: (message: RaftMessage, cause: RaftInput) => boolean,
): Protocol<Raft> {
  return {
    ...protocol,
    step: (config, state, input) => {
      const step = protocol.step(config, state, input);
      const effects = step.effects.filter((effect) => effect.type !== "send" || !losing(effect.message, input));
      return { state: step.state, effects };
    },
  };
}

/**
 * Whether a leader tells of its commit index and nothing else, at once and not by a heartbeat. Followers that don't hear of
 * it learn it with the next entry or heartbeat, as in Figure 2. Each such message is answered, and each answer overtakes
 * others: where none is lost they multiply the states by hundreds.
 */
export function isAnnouncement(message: RaftMessage, cause: RaftInput): boolean {
  return message.type === "appendEntries" && message.entries.length === 0 && cause.type !== "timeout";
}

/** Whether a message carries entries. */
export function carriesEntries(message: RaftMessage): boolean {
  return message.type === "appendEntries" && message.entries.length > 0;
}

/** What a disk holds: the log begins after the snapshot if there is one. */
export function diskWith(
  term: number,
  votedFor: NodeId | null,
  entries: readonly RaftEntry[],
  snapshot: RaftSnapshot | null = null,
): RaftDurable {
  return { term, votedFor, log: log.append(log.emptyLog<RaftEntry>(snapshot?.index ?? 0), entries), snapshot };
}

/** An entry with a client's command. */
export function commandEntry(term: number, command: string): RaftEntry {
  return { type: "command", term, command };
}

/** The entry that a leader begins its term with. */
export function noopEntry(term: number): RaftEntry {
  return { type: "noop", term };
}

/** The first `count` commands: x, y, z. */
export function raftCommands(count: number): readonly string[] {
  return ["x", "y", "z"].slice(0, count);
}

/** A client that broadcasts `commands`, one after the other, each at any node of `to`. Without commands there is none. */
export function broadcasting(
  commands: readonly string[],
  to: readonly NodeId[],
): { readonly [name: string]: Client<Raft> } {
  if (commands.length === 0) return {};
  return {
    client: { to, requests: commands.map((command) => ({ type: "broadcast", commands: [command] })) },
  };
}
