import { functionOf, integer, model, setOf, spec, value } from "@quorate/checker";
import {
  consistency,
  isTransactionCommitStep,
  resourceManagers,
  stability,
} from "../transaction-commit/transactionCommit.ts";
import type { Rm, RmState } from "../transaction-commit/transactionCommit.ts";

type TmState = "init" | "committed" | "aborted";

/** Messages stay for ever, so that losing one is never receiving it, and receiving one twice is possible. */
type Message = { readonly type: "prepared"; readonly rm: Rm } | { readonly type: "commit" | "abort" };

export default spec({
  about: "Two-phase commit: a transaction manager that never fails decides once every resource manager is prepared.",
  parameters: { managers: integer("resource managers", { min: 1, max: 8, default: 3 }) },
  build: ({ managers }) => {
    const rms = resourceManagers(managers);
    return model(
      {
        rmState: functionOf<Rm, RmState>(rms, "working"),
        tmState: value<TmState>("init"),
        tmPrepared: setOf<Rm>(),
        msgs: setOf<Message>(),
      },
      {
        actions: (action) => ({
          tmCommit: action((s) => {
            if (s.tmState !== "init") return undefined;
            if (!rms.every((rm) => s.tmPrepared.has(rm))) return undefined;
            return { tmState: "committed", msgs: { add: [{ type: "commit" }] } };
          }),
          // It may abort for any reason: a resource manager that aborts sends no message here.
          tmAbort: action((s) => {
            if (s.tmState !== "init") return undefined;
            return { tmState: "aborted", msgs: { add: [{ type: "abort" }] } };
          }),
          tmRcvPrepared: action({ rm: rms }, (s, { rm }) => {
            if (s.tmState !== "init") return undefined;
            if (!s.msgs.has({ type: "prepared", rm })) return undefined;
            return { tmPrepared: { add: [rm] } };
          }),
          rmPrepare: action({ rm: rms }, (s, { rm }) => {
            if (s.rmState[rm] !== "working") return undefined;
            return { rmState: { [rm]: "prepared" }, msgs: { add: [{ type: "prepared", rm }] } };
          }),
          rmChooseToAbort: action({ rm: rms }, (s, { rm }) => {
            if (s.rmState[rm] !== "working") return undefined;
            return { rmState: { [rm]: "aborted" } };
          }),
          // A resource manager obeys whatever state it is in; that this is safe is what the properties say.
          rmRcvCommitMsg: action({ rm: rms }, (s, { rm }) => {
            if (!s.msgs.has({ type: "commit" })) return undefined;
            return { rmState: { [rm]: "committed" } };
          }),
          rmRcvAbortMsg: action({ rm: rms }, (s, { rm }) => {
            if (!s.msgs.has({ type: "abort" })) return undefined;
            return { rmState: { [rm]: "aborted" } };
          }),
        }),
        always: { consistency: (s) => consistency(rms, s.rmState) },
        step: {
          stability: (before, after) => stability(rms, before.rmState, after.rmState),
          implementsTransactionCommit: (before, after) => isTransactionCommitStep(rms, before.rmState, after.rmState),
        },
        sometimes: {
          commitAgreement: (s) => rms.every((rm) => s.rmState[rm] === "committed"),
          abortAgreement: (s) => rms.every((rm) => s.rmState[rm] === "aborted"),
        },
      },
    );
  },
});
