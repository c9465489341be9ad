import { mutants } from "@quorate/checker";
import { guardMutants } from "./guards.ts";

const append = "../../../packages/core/src/raft/append-entries.ts";
const persisted = "../../../packages/core/src/raft/persisted.ts";
const replication = "../../../packages/core/src/raft/replication.ts";
const start = "../../../packages/core/src/raft/index.ts";

export default mutants([
  {
    id: "20",
    about:
      "When an earlier write completes, the leader takes its whole log to be on disk, with entries that came since.",
    source: "Ongaro 2014, section 10.2.1; etcd-io/raft, testdata/async_storage_writes_append_aba_race.txt",
    file: persisted,
    find: `const persisted = Math.max(role.persisted, lastIndex(durable.log));`,
    replace: `const persisted = Math.max(role.persisted, lastIndex(state.durable.log));`,
    parameters: { nodes: 1, candidates: 1, elections: 1, crashes: 0, persistence: "asynchronous" },
    property: "committedIsDurable",
  },
  {
    id: "21",
    about: "A leader counts itself from the moment that it appends, before its own disk has the entry.",
    source: "Ongaro 2014, section 10.2.1; etcd-io/etcd#14370",
    file: replication,
    find: `if (added.length === 0) return sendEntries(config, { ...state, durable: appended });`,
    replace: `if (added.length === 0)
      return sendEntries(config, withRole({ ...state, durable: appended }, { ...leaderOf(state), persisted: lastIndex(appended.log) }));`,
    parameters: { nodes: 1, candidates: 1, elections: 1, crashes: 0, persistence: "asynchronous" },
    property: "committedIsDurable",
  },
  {
    id: "21-replaced",
    about:
      "The same, until an entry that was committed is gone after a crash, and another one is committed in its place.",
    source: "Ongaro 2014, section 10.2.1; etcd-io/etcd#14370",
    file: replication,
    find: `if (added.length === 0) return sendEntries(config, { ...state, durable: appended });`,
    replace: `if (added.length === 0)
      return sendEntries(config, withRole({ ...state, durable: appended }, { ...leaderOf(state), persisted: lastIndex(appended.log) }));`,
    parameters: { order: "fifo", elections: 2, commands: 0, announcements: "lost", persistence: "asynchronous" },
    property: "stateMachineSafety",
  },
  {
    id: "25",
    about: "A leader that restarts leads the same term again, with a log that lacks what its disk did not have yet.",
    source: "KAFKA-10527",
    file: start,
    find: `role: { type: "follower", leader: null, incoming: null },`,
    replace: `role:
        durable.votedFor === config.self && lastIndex(log) >= firstIndex(log) && slice(log, lastIndex(log), lastIndex(log))[0].term === durable.term
          ? {
              type: "leader", persisted: lastIndex(log), round: 0, reads: { waiting: [], confirming: null }, lease: null, ticks: 0, transfer: null,
              progress: membersOf(config.bootstrap).filter((node) => node !== config.self).map((node) => ({
                node, match: 0, round: 0, isActive: true, type: "probe", next: lastIndex(log) + 1, isPaused: false,
              })),
            }
          : { type: "follower", leader: null, incoming: null },`,
    parameters: {
      nodes: 2,
      candidates: 1,
      elections: 1,
      commands: 2,
      announcements: "lost",
      persistence: "asynchronous",
    },
    property: "logMatching",
  },
  {
    id: "early-match",
    about: "A follower says that it holds entries before its disk does, so a crash takes them back.",
    source: "Ongaro and Ousterhout 2014, Figure 2: updated on stable storage before responding to RPCs",
    file: append,
    find: `send(config, state, to, { type: "appendEntriesReply", round, result })]`,
    replace: `send(config, state, to, { type: "appendEntriesReply", round, result }, "now")]`,
    parameters: { order: "fifo", candidates: 1, elections: 1, commands: 0, crashes: 0, persistence: "asynchronous" },
    property: "committedIsDurable",
  },
  {
    id: "forgotten-entry",
    about: "A restart loses the last entry of the log, as if its file had been cut short.",
    source: "Ongaro and Ousterhout 2014, Figure 2, persistent state",
    file: start,
    find: `return { state: { durable, volatile }, effects };`,
    replace: `return { state: { durable: { ...durable, log: { ...log, entries: log.entries.slice(0, -1) } }, volatile }, effects };`,
    parameters: { order: "fifo", commands: 0, announcements: "lost" },
    property: "leaderCompleteness",
  },
  ...guardMutants,
]);
