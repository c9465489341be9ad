/** States in which a run may begin: what disks hold after ballots that came before. Each is reachable from the start. */

import type { Ballot, Durable, NodeId } from "@quorate/core";

/** What came before. */
export type Earlier = "nothing" | "two-ballots" | "half-a-ballot";

/** What the disk of the `index`th node holds, or null for an empty one. */
export function earlierDisk(earlier: Earlier, nodes: readonly NodeId[], index: number): Durable | null {
  const [first, second] = nodes.map((node): Ballot => ({ round: 1, node }));
  if (earlier === "nothing" || first === undefined) return null;
  const lastTried = index === 0 ? first : null;
  switch (earlier) {
    // n1 proposed x and accepted it alone; n2 knew nothing of that, proposed y, and all but n1 accepted it.
    case "two-ballots":
      if (index === 0) return { promised: first, accepted: { ballot: first, value: "x" }, lastTried };
      if (second === undefined) return null;
      return { promised: second, accepted: { ballot: second, value: "y" }, lastTried: index === 1 ? second : null };
    // All promised n1 its ballot; it proposed x, and then stopped, with only n2 having accepted.
    case "half-a-ballot":
      return { promised: first, accepted: index === 1 ? { ballot: first, value: "x" } : null, lastTried };
  }
}

/** The values that were proposed before. */
export function earlierProposals(earlier: Earlier): readonly string[] {
  switch (earlier) {
    case "nothing":
      return [];
    case "two-ballots":
      return ["x", "y"];
    case "half-a-ballot":
      return ["x"];
  }
}
