/** What operators and clients were refused, and why. */

import type { Observer } from "@quorate/checker";
import type { Raft, RaftRefused } from "@quorate/core";

/** Requests with the reasons for which they were refused, once each, sorted: `"broadcast: transferring"`. */
export type RefusalHistory = readonly string[];

/** Watches refusals. Those for other reasons than `reasons` are forgotten, since each one remembered multiplies the states. */
export function refusalObserver(reasons: readonly RaftRefused["reason"][]): Observer<Raft, RefusalHistory> {
  return {
    initial: [],
    observe(history, event) {
      if (event.type === "crash") return history;
      const told = event.effects.flatMap((effect) => {
        if (effect.type !== "output" || effect.output.type !== "refused") return [];
        const { request, reason }: RaftRefused = effect.output;
        const asked = request.type === "transferLeadership" ? `${request.type} to ${request.to}` : request.type;
        return reasons.includes(reason) ? [`${asked}: ${reason}`] : [];
      });
      const added = told.filter((refusal) => !history.includes(refusal));
      return added.length === 0 ? history : [...new Set([...history, ...added])].sort();
    },
  };
}
