/** Raft without one of its guards each: `npx check mutants raft/snapshot --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const commit = "../../../packages/core/src/raft/commit.ts";
const compaction = "../../../packages/core/src/raft/compaction.ts";
const installSnapshot = "../../../packages/core/src/raft/install-snapshot.ts";
const replication = "../../../packages/core/src/raft/replication.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "commits-again",
    about:
      "A leader asks for the term of what a quorum holds, though that is committed and its log may have forgotten it.",
    source: "Ongaro and Ousterhout 2014, Figure 2, leaders, last rule: N > commitIndex",
    file: commit,
    find: `  if (index <= state.volatile.commitIndex) return unchanged(state);\n`,
    replace: "",
    parameters: { earlier: "snapshot", down: true },
    property: "totality",
  },
  {
    id: "compacts-undelivered",
    about: "A node compacts its log beyond what it has delivered.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: compaction,
    find: `  if (!Number.isSafeInteger(index) || index > volatile.commitIndex)`,
    replace: `  if (!Number.isSafeInteger(index))`,
    parameters: { earlier: "log", heartbeats: 1, compactThrough: 2 },
    property: "totality",
  },
  {
    id: "old-snapshot",
    about: "A snapshot of less than was delivered takes the commit index back.",
    source: "Ongaro and Ousterhout 2014, section 7: a retransmission is an old snapshot",
    file: installSnapshot,
    find: `  if (index <= commitIndex) return answer(config, state, from, message, { type: "matched", matchIndex: commitIndex });\n`,
    replace: "",
    parameters: { earlier: "snapshot", down: true, duplications: 1, chunks: 1 },
    property: "commitIndexMonotonic",
  },
  {
    id: "chunk-out-of-order",
    about: "A chunk is put behind the others though another one is missing, or though it is there already.",
    source: "Ongaro and Ousterhout 2014, Figure 13, rules 3 and 4",
    file: installSnapshot,
    find: `  if (message.chunk !== chunks.length) {
    return answer(config, state, from, message, { type: "wanted", chunk: chunks.length });
  }
`,
    replace: "",
    parameters: { earlier: "snapshot", down: true, heartbeats: 1, crashes: 1, persistence: "asynchronous" },
    property: "snapshotsWhole",
  },
  {
    id: "never-done",
    about: "A snapshot whose last chunk has come is not installed.",
    source: "Ongaro and Ousterhout 2014, Figure 13, rule 4",
    file: installSnapshot,
    find: `  if (message.done) return install(config, state, from, message, received);\n`,
    replace: "",
    parameters: { earlier: "snapshot", down: true },
    property: "snapshotInstalled",
  },
  {
    id: "heartbeat-behind-log",
    about: "A heartbeat tells of entries that the leader's log has forgotten.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: replication,
    find: `    if (progress.type === "snapshot" || progress.next - 1 < state.durable.log.before) {`,
    replace: `    if (progress.type === "snapshot") {`,
    parameters: { earlier: "log", heartbeats: 1, compactThrough: 2 },
    property: "totality",
  },
  {
    id: "probe-behind-log",
    about: "A leader looks for where the logs agree among entries that its own has forgotten.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: replication,
    find: `      if (progress.isPaused) return { progress, messages: [] };
      if (progress.next - 1 < log.before) return sendChunk(config, state, progress);
`,
    replace: `      if (progress.isPaused) return { progress, messages: [] };\n`,
    parameters: { earlier: "snapshot", down: true },
    property: "totality",
  },
  {
    id: "send-behind-log",
    about: "A leader goes on with entries that it has compacted since.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: replication,
    find: `    case "replicate": {
      if (progress.next - 1 < log.before) return sendChunk(config, state, progress);
`,
    replace: `    case "replicate": {\n`,
    parameters: { earlier: "log", heartbeats: 1, compactThrough: 2 },
    property: "totality",
  },
]);
