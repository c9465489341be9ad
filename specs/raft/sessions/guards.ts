/** Raft without one of its guards each: `npx check mutants raft/sessions --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const compaction = "../../../packages/core/src/raft/compaction.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "compacts-again",
    about: "A node takes a snapshot of what its log has forgotten already.",
    source: "Ongaro and Ousterhout 2014, section 7",
    file: compaction,
    find: `  if (index <= durable.log.before) return refuse(config, state, request, "alreadyCompacted");\n`,
    replace: "",
    parameters: { nodes: 1, begin: "nothing", elections: 2, snapshots: 1, crashes: 1 },
    property: "totality",
  },
]);
