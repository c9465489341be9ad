/** Log compaction: the paper, section 7. */

import { dropThrough } from "../log/index.ts";
import type { Compact } from "../total-order/index.ts";
import { loggedConfigurationAt } from "./configuration.ts";
import { refuse } from "./effects.ts";
import { termAt } from "./log-terms.ts";
import type { RaftConfig, RaftState, RaftStep } from "./types.ts";

/** The state machine's snapshot takes the place of the log's beginning. Each node does so by itself. */
export function onCompact(config: RaftConfig, state: RaftState, request: Compact): RaftStep {
  const { index, chunks } = request;
  const { durable, volatile } = state;
  if (!Number.isSafeInteger(index) || index > volatile.commitIndex)
    return refuse(config, state, request, "notDelivered");
  if (index <= durable.log.before) return refuse(config, state, request, "alreadyCompacted");
  if (chunks.length === 0) return refuse(config, state, request, "emptySnapshot");
  const snapshot = {
    index,
    term: termAt(durable, index),
    configuration: loggedConfigurationAt(state, index),
    chunks,
  };
  const kept = volatile.configurations.filter((at) => at.index > index);
  const configurations = kept.length === volatile.configurations.length ? volatile.configurations : kept;
  return {
    state: {
      durable: { ...durable, log: dropThrough(durable.log, index), snapshot },
      volatile: { ...volatile, configurations },
    },
    effects: [],
  };
}
