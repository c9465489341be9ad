import { functionOf, integer, model, spec } from "@quorate/checker";
import { canCommit, consistency, notCommitted, resourceManagers, stability } from "./transactionCommit.ts";
import type { Rm, RmState } from "./transactionCommit.ts";

export default spec({
  about: "Transaction commit: what any commit protocol must achieve, without a word on how.",
  parameters: { managers: integer("resource managers", { min: 1, max: 8, default: 3 }) },
  build: ({ managers }) => {
    const rms = resourceManagers(managers);
    return model(
      { rmState: functionOf<Rm, RmState>(rms, "working") },
      {
        actions: (action) => ({
          prepare: action({ rm: rms }, (s, { rm }) =>
            s.rmState[rm] === "working" ? { rmState: { [rm]: "prepared" } } : undefined,
          ),
          // Both ways are open while everybody is prepared and nobody has decided.
          decide: action({ rm: rms }, (s, { rm }) => {
            const state = s.rmState[rm];
            if (state !== "working" && state !== "prepared") return undefined;
            const commits = state === "prepared" && canCommit(rms, s.rmState);
            const aborts = notCommitted(rms, s.rmState);
            return [
              ...(commits ? [{ rmState: { [rm]: "committed" as const } }] : []),
              ...(aborts ? [{ rmState: { [rm]: "aborted" as const } }] : []),
            ];
          }),
        }),
        always: { consistency: (s) => consistency(rms, s.rmState) },
        step: { stability: (before, after) => stability(rms, before.rmState, after.rmState) },
        sometimes: {
          commitAgreement: (s) => rms.every((rm) => s.rmState[rm] === "committed"),
          abortAgreement: (s) => rms.every((rm) => s.rmState[rm] === "aborted"),
        },
        // Nothing is left to do once everybody has decided.
        deadlock: "allowed",
      },
    );
  },
});
