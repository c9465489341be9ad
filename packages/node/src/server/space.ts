import type { StoreCommand, StoreOp } from "../store/types.ts";

/** Whether a command makes the store larger: those that do are refused when there is no more room. */
export function takesSpace(command: StoreCommand): boolean {
  switch (command.type) {
    case "put":
    case "leaseGrant":
      return true;
    case "txn":
      return [...command.success, ...command.failure].some(writes);
    default:
      return false;
  }
}

function writes(op: StoreOp): boolean {
  if (op.type === "txn") return [...op.success, ...op.failure].some(writes);
  return op.type === "put";
}
