/** Raft, as a node runs it. */

import { currentConfiguration, isJoint, knownLeader, leaderOf, log, raft, raftConfig } from "@quorate/core";
import type { Raft } from "@quorate/core";
import { raftLayout } from "./raft-layout.ts";
import { readRaftMessage } from "./raft-messages.ts";
import type { ProtocolSetup, Runnable } from "./runnable.ts";

/** Two ticks a heartbeat, at most: time is counted more finely than it is used. */
function tickMs({ heartbeatMs }: ProtocolSetup): number {
  return heartbeatMs / 2;
}

/**
 * A tick less than an election takes: when the timer that runs the least time is over, the node has counted enough not to
 * keep the leader that it has lost.
 */
function electionTicks(setup: ProtocolSetup): number {
  return Math.max(1, Math.floor(setup.electionMs / tickMs(setup)) - 1);
}

export const raftRunnable: Runnable<Raft> = {
  name: "raft",
  protocol: raft,
  layout: raftLayout,
  readMessage: readRaftMessage,

  config(setup) {
    return raftConfig({
      self: setup.self,
      cluster: setup.cluster,
      voters: setup.voters,
      preVote: setup.preVote,
      checkQuorum: { electionTicks: electionTicks(setup) },
      entriesPerMessageMax: setup.commandsPerMessageMax,
      inflightMax: 64,
      uncommittedMax: 16_384,
    });
  },

  timers(setup) {
    const { heartbeatMs, electionMs } = setup;
    const exactly = (ms: number) => ({ minMs: ms, maxMs: ms, counts: null });
    const tick = tickMs(setup);
    return {
      election: { minMs: electionMs, maxMs: 2 * electionMs, counts: null },
      heartbeat: exactly(heartbeatMs),
      transfer: exactly(electionMs),
      tick: { minMs: tick, maxMs: tick, counts: { missedMax: 4 * electionTicks(setup) } },
    };
  },

  view(config, state) {
    const { commitIndex, configurations } = state.volatile;
    const configuration = currentConfiguration(config, state);
    return {
      leader: knownLeader(config, state),
      term: state.durable.term,
      commitIndex,
      lastIndex: log.lastIndex(state.durable.log),
      voters: configuration.voters,
      learners: configuration.learners,
      isSettled: !isJoint(configuration) && (configurations.at(-1)?.index ?? 0) <= commitIndex,
    };
  },

  followers(state) {
    return leaderOf(state)?.progress ?? null;
  },

  logged({ log: entries }) {
    const all = log.slice(entries, log.firstIndex(entries), log.lastIndex(entries));
    return all.flatMap((entry) => (entry.type === "command" ? [entry.command] : []));
  },

  restored(chunks, term) {
    const last = Math.max(1, term);
    return {
      term: last,
      votedFor: null,
      log: log.emptyLog(1),
      snapshot: { index: 1, term: last, configuration: null, chunks },
    };
  },

  transferLeadership: (to) => ({ type: "transferLeadership", to }),
  changeMembership: (voters, learners) => ({ type: "changeMembership", voters, learners }),
};
