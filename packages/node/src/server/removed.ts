import type { MemberId } from "../store/types.ts";

/** The cluster has removed this member. */
export class RemovedError extends Error {
  /** @param by who says so, where this member did not read it in its log */
  constructor(memberId: MemberId, by: MemberId | null = null) {
    const source = by === null ? "" : `, says the member ${by}`;
    super(
      `Member ${memberId} has been removed from the cluster${source}. To have it join again, delete its data directory and add it ` +
        `as a new member.`,
    );
    this.name = "RemovedError";
  }
}
