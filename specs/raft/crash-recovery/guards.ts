/** Raft without one of its guards each: `npx check mutants raft/crash-recovery --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const replies = "../../../packages/core/src/raft/replies.ts";
const persisted = "../../../packages/core/src/raft/persisted.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "old-match",
    about: "A leader counts what a follower has acknowledged in an earlier term.",
    source: "Ongaro and Ousterhout 2014, section 5.3",
    file: replies,
    find: `  message: AppendEntriesReply,
): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
  if (message.term !== state.durable.term) return unchanged(state);
`,
    replace: `  message: AppendEntriesReply,
): RaftStep {
  const leader = leaderOf(state);
  if (leader === null) return unchanged(state);
`,
    parameters: { candidates: 1, elections: 2, commands: 0, announcements: "lost", persistence: "asynchronous" },
    property: "committedIsDurable",
  },
  {
    id: "own-vote-of-earlier-term",
    about: "A lone voter counts its vote once one of an earlier term is on disk, and leads one term in two lives.",
    source: "Ongaro and Ousterhout 2014, Figure 2: updated on stable storage before responding to RPCs",
    file: persisted,
    find: `    case "candidate":
      if (durable.term !== state.durable.term) return unchanged(state);
`,
    replace: `    case "candidate":\n`,
    parameters: {
      nodes: 2,
      learners: 1,
      candidates: 1,
      elections: 3,
      commands: 2,
      announcements: "lost",
      persistence: "asynchronous",
    },
    property: "logMatching",
  },
]);
