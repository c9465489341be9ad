import { flag, functionOf, integer, model, spec, value } from "@quorate/checker";
import { consistency, notCommitted, resourceManagers, stability } from "../transaction-commit/transactionCommit.ts";
import type { Rm, RmState, RmStates } from "../transaction-commit/transactionCommit.ts";

/** One repeated `update` for each way that TLC finds to the same successor. */
function times<U>(ways: number, update: U): readonly U[] {
  return Array.from({ length: ways }, () => update);
}

export default spec({
  about: "Two-phase commit whose transaction manager may crash after it has decided, with a backup that takes over.",
  parameters: {
    managers: integer("resource managers", { min: 1, max: 8, default: 3 }),
    rmMayFail: flag("one resource manager may fail", true),
    tmMayFail: flag("the transaction manager may fail, and then its backup takes over", true),
  },
  build: ({ managers, rmMayFail, tmMayFail }) => {
    const rms = resourceManagers(managers);
    /**
     * How often TLC finds that a manager can commit. The source says of each resource manager that it is prepared, or
     * that somebody has committed, so that TLC combines each one's ways to satisfy this with those of the others.
     */
    const waysToCommit = (rmState: RmStates<RmState | "failed">): number => {
      const committed = rms.filter((rm) => rmState[rm] === "committed").length;
      return rms.reduce((ways, rm) => ways * ((rmState[rm] === "prepared" ? 1 : 0) + committed), 1);
    };
    /** How often TLC finds that a manager can abort: once for each that aborted or failed, if none has committed. */
    const waysToAbort = (rmState: RmStates<RmState | "failed">): number => {
      if (!notCommitted(rms, rmState)) return 0;
      return rms.filter((rm) => rmState[rm] === "aborted" || rmState[rm] === "failed").length;
    };

    return model(
      {
        rmState: functionOf<Rm, RmState | "failed">(rms, "working"),
        // What the transaction manager lets the others see: its decision, until it fails and is hidden.
        tmState: value<"init" | "commit" | "abort" | "hidden">("init"),
        // The algorithm's labels. The source keeps all three in one function, pc.
        rmPc: functionOf<Rm, "RS" | "Done">(rms, "RS"),
        tmPc: value<"TS" | "TC" | "F1" | "TA" | "F2" | "Done">("TS"),
        btmPc: value<"BTS" | "BTC" | "BTA" | "Done">("BTS"),
      },
      {
        actions: (action) => ({
          ts: action((s) => {
            if (s.tmPc !== "TS") return undefined;
            return [
              ...times(waysToCommit(s.rmState), { tmPc: "TC" as const }),
              ...times(waysToAbort(s.rmState), { tmPc: "TA" as const }),
            ];
          }),
          tc: action((s) => (s.tmPc === "TC" ? { tmState: "commit", tmPc: "F1" } : undefined)),
          f1: action((s) => {
            if (s.tmPc !== "F1") return undefined;
            return tmMayFail ? { tmState: "hidden", tmPc: "Done" } : { tmPc: "Done" };
          }),
          ta: action((s) => (s.tmPc === "TA" ? { tmState: "abort", tmPc: "F2" } : undefined)),
          f2: action((s) => {
            if (s.tmPc !== "F2") return undefined;
            return tmMayFail ? { tmState: "hidden", tmPc: "Done" } : { tmPc: "Done" };
          }),
          // The backup can't see what was decided, only that nobody shows a decision and how the others stand.
          bts: action((s) => {
            if (s.btmPc !== "BTS") return undefined;
            if (s.tmState !== "hidden") return undefined;
            return [
              ...times(waysToCommit(s.rmState), { btmPc: "BTC" as const }),
              ...times(waysToAbort(s.rmState), { btmPc: "BTA" as const }),
            ];
          }),
          btc: action((s) => (s.btmPc === "BTC" ? { tmState: "commit", btmPc: "Done" } : undefined)),
          bta: action((s) => (s.btmPc === "BTA" ? { tmState: "abort", btmPc: "Done" } : undefined)),
          // One step of a resource manager: prepare, decide or fail, whatever is possible, until it is done.
          rs: action({ rm: rms }, (s, { rm }) => {
            if (s.rmPc[rm] !== "RS") return undefined;
            const state = s.rmState[rm];
            if (state !== "working" && state !== "prepared") return { rmPc: { [rm]: "Done" } };
            const mayFail = rmMayFail && !rms.some((other) => s.rmState[other] === "failed");
            // It aborts because it is working, or because it was told to: two ways, if both are so.
            const waysToAbortAlone = (state === "working" ? 1 : 0) + (s.tmState === "abort" ? 1 : 0);
            return [
              ...times(state === "working" ? 1 : 0, { rmState: { [rm]: "prepared" as const } }),
              ...times(s.tmState === "commit" ? 1 : 0, { rmState: { [rm]: "committed" as const } }),
              ...times(waysToAbortAlone, { rmState: { [rm]: "aborted" as const } }),
              mayFail ? { rmState: { [rm]: "failed" as const } } : {},
            ];
          }),
          terminating: action((s) => {
            const done = s.tmPc === "Done" && s.btmPc === "Done" && rms.every((rm) => s.rmPc[rm] === "Done");
            return done ? {} : undefined;
          }),
        }),
        always: { consistency: (s) => consistency(rms, s.rmState) },
        step: { stability: (before, after) => stability(rms, before.rmState, after.rmState) },
        sometimes: {
          committed: (s) => !notCommitted(rms, s.rmState),
          abortAgreement: (s) => rms.every((rm) => s.rmState[rm] === "aborted"),
          ...(tmMayFail && {
            backupCommits: (s: { readonly btmPc: string }) => s.btmPc === "BTC",
            backupAborts: (s: { readonly btmPc: string }) => s.btmPc === "BTA",
          }),
        },
      },
    );
  },
});
