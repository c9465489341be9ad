/** What transaction commit is, for the model of it beside this file and for the protocols that implement it. */

const rmNames = ["rm1", "rm2", "rm3", "rm4", "rm5", "rm6", "rm7", "rm8"] as const;

/** A resource manager: it holds a part of the transaction's effects, and commits or aborts its part. */
export type Rm = (typeof rmNames)[number];
export type RmState = "working" | "prepared" | "committed" | "aborted";

/** The states of all resource managers; protocols may add states of their own. */
export type RmStates<S extends string = string> = { readonly [rm in Rm]: S };

/** The first `count` resource managers. */
export function resourceManagers(count: number): readonly Rm[] {
  return rmNames.slice(0, count);
}

/** Nobody stands in the way of a commit any more. */
export function canCommit(rms: readonly Rm[], rmState: RmStates): boolean {
  return rms.every((rm) => rmState[rm] === "prepared" || rmState[rm] === "committed");
}

export function notCommitted(rms: readonly Rm[], rmState: RmStates): boolean {
  return rms.every((rm) => rmState[rm] !== "committed");
}

/** The paper's Consistency: no two resource managers decide differently. */
export function consistency(rms: readonly Rm[], rmState: RmStates): boolean {
  return notCommitted(rms, rmState) || rms.every((rm) => rmState[rm] !== "aborted");
}

/** The paper's Stability: a decision is for ever. */
export function stability(rms: readonly Rm[], before: RmStates, after: RmStates): boolean {
  return rms.every((rm) => {
    const decided = before[rm] === "committed" || before[rm] === "aborted";
    return !decided || after[rm] === before[rm];
  });
}

/** Whether transaction commit allows the step, which may also leave every resource manager as it was. */
export function isTransactionCommitStep(
  rms: readonly Rm[],
  before: RmStates<RmState>,
  after: RmStates<RmState>,
): boolean {
  const [changed, ...others] = rms.filter((rm) => before[rm] !== after[rm]);
  if (changed === undefined) return true;
  if (others.length > 0) return false;
  switch (after[changed]) {
    case "working":
      return false;
    case "prepared":
      return before[changed] === "working";
    case "committed":
      return before[changed] === "prepared" && canCommit(rms, before);
    case "aborted":
      return before[changed] !== "committed" && notCommitted(rms, before);
  }
}
