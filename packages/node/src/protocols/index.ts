/** The protocols that a node can run. */

import type { Signature } from "@quorate/core";
import { raftRunnable } from "./raft.ts";
import type { AnyRunnable, Runnable } from "./runnable.ts";

export type { AnyRunnable, Follower, ProtocolSetup, ProtocolView, Runnable } from "./runnable.ts";

function any<S extends Signature>(runnable: Runnable<S>): readonly [string, AnyRunnable] {
  return [runnable.name, (use) => use(runnable)];
}

/** By name, as `--protocol` has it. */
export const protocols: ReadonlyMap<string, AnyRunnable> = new Map([any(raftRunnable)]);
