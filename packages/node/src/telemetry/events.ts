/** What a member tells, counted and logged. */

import type { MemberEvents } from "../server/member-options.ts";
import type { NodeLog } from "./log.ts";
import type { MemberMetrics } from "./metrics.ts";

export function memberEvents(metrics: MemberMetrics, log: NodeLog): MemberEvents {
  return {
    onLeader(leader, term) {
      metrics.onLeader(leader, term);
      log.info({ leader, term }, leader === null ? "no leader is known" : "a member leads");
    },
    onApplied: (index, command) => {
      metrics.onApplied(index, command);
    },
    onProposal: (outcome, command) => {
      metrics.onProposal(outcome, command);
    },
    onSlowApply(command, ms) {
      metrics.onSlowApply();
      log.warn({ command: command.type, ms: Math.round(ms) }, "a command has taken long to apply");
    },
    onReadFailed: () => {
      metrics.onReadFailed();
    },
    onFlush: (ms) => {
      metrics.onFlush(ms);
    },
    onPause(ms) {
      metrics.onPause(ms);
      log.warn({ ms: Math.round(ms) }, "this process stood still: the machine is overloaded, or was suspended");
    },
    onHung(isHung) {
      metrics.onHung(isHung);
      if (isHung) log.error({}, "the disk does not answer");
      else log.info({}, "the disk answers again");
    },
    onStrange(what, details) {
      metrics.onStrange();
      log.warn({ details }, what);
    },
    onSetback(what, error) {
      metrics.onSetback();
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, what);
    },
  };
}
