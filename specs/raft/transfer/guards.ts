/** Raft without one of its guards each: `npx check mutants raft/transfer --guards`. */

import { guards } from "@quorate/checker";
import type { Mutant } from "@quorate/checker";

const transfer = "../../../packages/core/src/raft/transfer.ts";

export const guardMutants: readonly Mutant[] = guards([
  {
    id: "target-is-leader",
    about: "A leader takes itself for a target that is behind, and refuses everything meanwhile.",
    source: "Ongaro 2014, section 3.10",
    file: transfer,
    find: `  if (request.to === config.self) return refuse(config, state, request, "targetIsLeader");\n`,
    replace: "",
    parameters: { asks: "wrong", learners: 1, voters: 2 },
    property: "leaderItselfRefused",
  },
  {
    id: "target-not-voter",
    about: "Whoever is named is accepted as the target of a transfer.",
    source: "Ongaro 2014, section 3.10",
    file: transfer,
    find: `  if (!currentConfiguration(config, state).voters.includes(request.to)) {
    return refuse(config, state, request, "targetNotVoter");
  }
`,
    replace: "",
    parameters: { asks: "wrong", learners: 1, voters: 2 },
    property: "strangerRefused",
  },
]);
