/** The words of the commands of `RaftPlay`, read. */

import { nodeId } from "../protocol.ts";
import type { NodeId } from "../protocol.ts";
import type { Raft, RaftRequest, RaftTimer } from "../raft/index.ts";
import type { Member } from "./cluster.ts";
import { raftMembers } from "./raft.ts";
import type { RaftClusterOptions } from "./raft.ts";

/** `words` under the keyword that they follow; those before the first keyword under "". */
export function sections(words: readonly string[], keywords: readonly string[]): Readonly<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  let keyword = "";
  for (const word of words) {
    if (keywords.includes(word)) keyword = word;
    found[keyword] ??= [];
    if (!keywords.includes(word)) found[keyword]?.push(word);
  }
  return found;
}

const START_KEYWORDS = ["learners", "joining", "preVote", "checkQuorum", "lease", "batch", "inflight", "lagging"];

/** The members of a cluster: `a b c learners d joining e preVote checkQuorum 3 lease 2 batch 2 inflight 1 lagging a`. */
export function clusterOptions(words: readonly string[]): {
  readonly members: readonly Member<Raft>[];
  readonly lagging: readonly NodeId[];
} {
  const of = sections(words, START_KEYWORDS);
  const first = (keyword: string): number | null => (of[keyword] === undefined ? null : number(of[keyword][0] ?? ""));
  const [electionTicks, leaseTicks] = [first("checkQuorum"), first("lease")];
  const [batch, inflight] = [first("batch"), first("inflight")];
  const options: RaftClusterOptions = {
    preVote: of["preVote"] !== undefined,
    checkQuorum: electionTicks === null ? null : { electionTicks },
    ...(leaseTicks === null ? {} : { reads: { type: "lease", leaseTicks, driftTicks: 0 } }),
    ...(batch === null ? {} : { entriesPerMessageMax: batch }),
    ...(inflight === null ? {} : { inflightMax: inflight }),
  };
  const members = raftMembers(of[""] ?? [], options, of["learners"], of["joining"]);
  return { members, lagging: (of["lagging"] ?? []).map(nodeId) };
}

/** What is asked of a node: the verb of the command, and what follows the node's name. */
export function request(verb: string, words: readonly string[]): RaftRequest {
  const [first = "", ...rest] = words;
  switch (verb) {
    case "propose":
      return { type: "broadcast", commands: words };
    case "read":
      return { type: "read", id: first };
    case "compact":
      return { type: "compact", index: number(first), chunks: rest };
    case "transfer":
      return { type: "transferLeadership", to: nodeId(first) };
    case "change": {
      const { "": voters = [], learners = [] } = sections(words, ["learners"]);
      return { type: "changeMembership", voters: voters.map(nodeId), learners: learners.map(nodeId) };
    }
    default:
      throw new Error(`There is no command ${verb}.`);
  }
}

export function timer(word: string): RaftTimer {
  switch (word) {
    case "election":
    case "heartbeat":
    case "transfer":
    case "tick":
      return word;
    default:
      throw new Error(`There is no timer ${word}.`);
  }
}

export function number(word: string): number {
  const read = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(read)) throw new Error(`"${word}" is not a number.`);
  return read;
}
