import type { StoreCommand, StoreOp } from "../store/types.ts";

/** Whether a command makes the store larger: those that do are refused when there is no more room. */
export function takesSpace(command: StoreCommand): boolean {
  if (command.type === "txn") return [...command.success, ...command.failure].some(writes);
  return command.type === "put" || command.type === "leaseGrant";
}

function writes(op: StoreOp): boolean {
  if (op.type === "txn") return [...op.success, ...op.failure].some(writes);
  return op.type === "put";
}
