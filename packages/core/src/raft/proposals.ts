/** Clients' commands: the paper, section 5.3; Figure 2, "Leaders", second rule. */

import { lastIndex } from "../log/index.ts";
import type { Broadcast } from "../total-order/index.ts";
import { refuse, unchanged } from "./effects.ts";
import { appendAsLeader } from "./replication.ts";
import { leaderOf } from "./state.ts";
import type { RaftConfig, RaftState, RaftStep } from "./types.ts";

/**
 * The commands become entries all together, or are refused all together. Where everything is committed they are taken,
 * however many: refusing them again and again would help nobody.
 */
export function onBroadcast(config: RaftConfig, state: RaftState, request: Broadcast): RaftStep {
  const { term, log } = state.durable;
  const leader = leaderOf(state);
  if (leader === null) return refuse(config, state, request, "notLeader");
  if (leader.transfer !== null) return refuse(config, state, request, "transferring");
  const uncommitted = lastIndex(log) - state.volatile.commitIndex;
  if (uncommitted > 0 && uncommitted + request.commands.length > config.uncommittedMax) {
    return refuse(config, state, request, "tooManyUncommitted");
  }
  if (request.commands.length === 0) return unchanged(state);
  return appendAsLeader(
    config,
    state,
    request.commands.map((command) => ({ type: "command", term, command })),
  );
}
