/** The messages that leave a node, without replaying anything. */

import type { NodeId } from "@quorate/core";
import type { EffectRecord } from "@quorate/core/trace";
import { recordsOf } from "./files.ts";
import type { TraceFile } from "./files.ts";

export type Sent = { readonly to: NodeId; readonly digest: string };

/** All messages that leave by what `files`, those of one node, say. */
export function* sendsIn(files: readonly TraceFile[]): Generator<Sent> {
  /** By step, its effects, and how many of its sends have not left. */
  let steps = new Map<number, { readonly effects: readonly EffectRecord[]; unsent: number }>();
  for (const { path } of files) {
    for (const { record } of recordsOf(path)) {
      if (record.type === "start") steps = new Map();
      if (record.type === "start" || record.type === "step") {
        const unsent = record.effects.filter(({ type }) => type === "send").length;
        if (unsent > 0) steps.set(record.type === "step" ? record.n : 0, { effects: record.effects, unsent });
      }
      if (record.type !== "left" || record.n === null || !("effect" in record)) continue;
      const step = steps.get(record.n);
      const effect = step?.effects[record.effect];
      if (step === undefined || effect?.type !== "send") continue;
      yield effect;
      step.unsent -= 1;
      if (step.unsent === 0) steps.delete(record.n);
    }
  }
}
