import type { Answer, Applied, MachineSignature, Plain, Refused, Restored, UnknownCommand } from "@quorate/core";

/** What every replicated machine says, whatever the protocol below. */
export type ReplicatedOutput<M extends MachineSignature> = Applied<M> | UnknownCommand | Restored | Answer<M> | Refused;

const TYPES: { readonly [T in ReplicatedOutput<MachineSignature>["type"]]: true } = {
  applied: true,
  unknown: true,
  restored: true,
  answer: true,
  refused: true,
};

/** Whether an output is one of them, and not of the protocol's own. */
export function isReplicatedOutput<M extends MachineSignature>(
  output: ReplicatedOutput<M> | (Plain & { readonly type: string }),
): output is ReplicatedOutput<M> {
  return Object.hasOwn(TYPES, output.type);
}
