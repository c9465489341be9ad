/** Raft without one of its guards each: `npx check mutants raft/reads --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const reads = "../../../packages/core/src/raft/reads.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "leader-not-asked",
    about: "A leader refuses to read.",
    source: "Ongaro 2014, section 6.4",
    file: reads,
    find: `  if (role.type === "leader") return takeRead(config, state, { from: config.self, id: request.id });\n`,
    replace: "",
    parameters: { elections: 0, readAt: "first", writes: 0 },
    property: "readBefore",
  },
  {
    id: "read-unacknowledged",
    about: "A leader answers reads at once, whether or not it still leads.",
    source: "Ongaro 2014, section 6.4, step 3",
    file: reads,
    find: `  if (!isAcknowledged(config, state, confirming.round)) return unchanged(state);\n`,
    replace: "",
    parameters: { readAt: "first", writeAt: "second" },
    property: "linearizability",
  },
  {
    id: "read-waits-for-ever",
    about: "A follower that has delivered all up to the read index waits for more.",
    source: "Ongaro 2014, section 6.4, end",
    file: reads,
    find: `  if (index <= commitIndex) return { state, effects: [{ type: "output", output: { type: "readable", id, index } }] };\n`,
    replace: "",
    parameters: { elections: 0, readAt: "others", writes: 0 },
    property: "readBefore",
  },
]);
