import type { MemberId } from "../store/types.ts";

/** The cluster has removed this member. */
export class RemovedError extends Error {
  constructor(memberId: MemberId) {
    super(
      `Member ${memberId} has been removed from the cluster. To have it join again, delete its data directory and add it ` +
        `as a new member.`,
    );
    this.name = "RemovedError";
  }
}
