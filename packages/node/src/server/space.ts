/** What happens to writes when the data is as large as it may be. */

import { alarmsOf } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type { ClientCommand, MemberId, StoreCommand, StoreOp, StoreResult } from "../store/types.ts";

/** Whether a command makes the store larger: those that do are refused when there is no more room. */
export function takesSpace(command: ClientCommand): boolean {
  if (command.type === "sessionRequest") return takesSpace(command.command);
  if (command.type === "txn") return [...command.success, ...command.failure].some(writes);
  return command.type === "put" || command.type === "leaseGrant";
}

function writes(op: StoreOp): boolean {
  if (op.type === "txn") return [...op.success, ...op.failure].some(writes);
  return op.type === "put";
}

export type SpaceAlarmOptions = {
  readonly memberId: MemberId;
  readonly store: () => StoreState;
  readonly propose: (command: StoreCommand) => Promise<StoreResult>;
};

/** The alarm that a member raises when it refuses a write for want of space, so that all others refuse writes as well. */
export class SpaceAlarm {
  readonly #options: SpaceAlarmOptions;
  /** The alarm on its way into the order: all who are refused meanwhile wait for the same. */
  #raising: Promise<StoreResult> | null = null;

  constructor(options: SpaceAlarmOptions) {
    this.#options = options;
  }

  /** What a write is told, once the alarm is raised. */
  async refuse(): Promise<StoreResult> {
    const { memberId, store, propose } = this.#options;
    const isRaised = alarmsOf(store()).some(({ member, alarm }) => member === memberId && alarm === "noSpace");
    if (isRaised) return { revision: store().revision, ok: false, error: "noSpace" };
    this.#raising ??= propose({ type: "alarmRaise", member: memberId, alarm: "noSpace" }).finally(() => {
      this.#raising = null;
    });
    return { revision: (await this.#raising).revision, ok: false, error: "noSpace" };
  }
}
