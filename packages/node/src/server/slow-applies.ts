/** How long commands take to apply: meanwhile the member does nothing else. */

import type { MachineSignature, StateMachine } from "@quorate/core";
import type { Spans } from "../telemetry/spans.ts";

/** What etcd warns of: `warnApplyDuration`, github etcd-io/etcd, etcdserver/util.go. */
export const SLOW_APPLY_MS = 100;

/**
 * The same state machine, which tells of each command that has taken longer than `SLOW_APPLY_MS` by the clock `now`, and has
 * a span for each where there are spans.
 */
export function watched<M extends MachineSignature>(
  machine: StateMachine<M>,
  now: () => number,
  spans: Spans | null,
  onSlowApply: (command: M["command"], ms: number) => void,
): StateMachine<M> {
  return {
    ...machine,
    apply: (state, command, index) => {
      const begun = now();
      const applied =
        spans === null
          ? machine.apply(state, command, index)
          : spans.runAtOnce("apply", { "quorate.index": index }, () => machine.apply(state, command, index));
      const ms = now() - begun;
      if (ms > SLOW_APPLY_MS) onSlowApply(command, ms);
      return applied;
    },
  };
}
