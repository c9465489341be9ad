/** States in which a run may begin: what disks hold after terms that came before. Each is reachable from the start. */

import type { NodeId, RaftDurable } from "@quorate/core";
import { diskWith, noopEntry } from "../shared/nodes.ts";

/** What came before. */
export type Earlier = "nothing" | "figure-8";

/** What the disk of the `index`th node holds, or null for an empty one. */
export function earlierDisk(earlier: Earlier, nodes: readonly NodeId[], index: number): RaftDurable | null {
  const [first, second] = nodes;
  switch (earlier) {
    case "nothing":
      return null;
    // The first node led term 1 by its own vote and the third one's, and nobody got its entry. Then the second one led
    // term 2 by its own and the third one's, and nobody got its entry either; all have heard of term 2.
    case "figure-8":
      if (first === undefined || second === undefined) return null;
      if (index === 0) return diskWith(2, null, [noopEntry(1)]);
      return diskWith(2, second, index === 1 ? [noopEntry(2)] : []);
  }
}
