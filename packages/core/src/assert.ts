/** An invariant of a node's own state does not hold: the code is wrong, or the state was corrupted. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

/**
 * Stops the node, in production too, when an invariant of its own state does not hold.
 *
 * @param state the state, or the part of it that the invariant speaks of; it becomes part of the message
 * @throws InvariantViolation if `condition` is false
 */
export function invariant(condition: boolean, claim: string, state: unknown): asserts condition {
  if (!condition) throw new InvariantViolation(`${claim}; state: ${JSON.stringify(state)}`);
}
