/** Applying: Figure 2, "All Servers", commitIndex > lastApplied. What is applied here is delivered, at once. */

import { invariant } from "../assert.ts";
import { lastIndex, slice } from "../log/index.ts";
import type { Index, RaftEffect, RaftState, RaftStep } from "./types.ts";

/** The entries up to `index` are committed: their commands are delivered, in order, and the reads that waited for them. */
export function commitTo(state: RaftState, index: Index): RaftStep {
  const { log } = state.durable;
  const { commitIndex, reads } = state.volatile;
  invariant(index <= lastIndex(log), "what is committed is in the log", { index, last: lastIndex(log) });
  const committed = slice(log, commitIndex + 1, index);
  const effects: RaftEffect[] = [];
  for (const [at, entry] of committed.entries()) {
    if (entry.type !== "command") continue;
    effects.push({ type: "output", output: { type: "deliver", index: commitIndex + 1 + at, command: entry.command } });
  }
  effects.push(...readablesUpTo(state, index));
  const volatile = { ...state.volatile, commitIndex: index, reads: reads.filter((read) => read.index > index) };
  return { state: { ...state, volatile }, effects };
}

/** The reads that may be answered once everything up to `index` has been delivered. */
export function readablesUpTo(state: RaftState, index: Index): readonly RaftEffect[] {
  return state.volatile.reads
    .filter((read) => read.index <= index)
    .map((read): RaftEffect => ({ type: "output", output: { type: "readable", ...read } }));
}
