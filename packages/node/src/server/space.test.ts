import { expect, test } from "vitest";
import { storeMachine } from "../store/index.ts";
import type { StoreCommand, StoreResult } from "../store/types.ts";
import { SpaceAlarm } from "./space.ts";

const memberId = "00000000000000a1";

/** A member's alarm, and how what it proposes comes about or does not. */
function rig() {
  let store = storeMachine.initial;
  const waiting: { readonly command: StoreCommand; readonly settle: (error: Error | null) => void }[] = [];
  const alarm = new SpaceAlarm({
    memberId,
    store: () => store,
    propose: (command) =>
      new Promise<StoreResult>((resolve, reject) => {
        const settle = (error: Error | null): void => {
          if (error !== null) return reject(error);
          const { state, result } = storeMachine.apply(store, command, 1);
          store = state;
          resolve(result);
        };
        waiting.push({ command, settle });
      }),
  });
  const apply = (command: StoreCommand): void => {
    store = storeMachine.apply(store, command, 1).state;
  };
  return { alarm, waiting, apply };
}

const raise = { type: "alarmRaise", member: memberId, alarm: "noSpace" } as const;
const refused = { ok: false, error: "noSpace", revision: 1 };

test("many writes that are refused raise one alarm, and none once it is raised, until it is cleared", async () => {
  const { alarm, waiting, apply } = rig();
  // Another member's alarm is not this one's.
  apply({ ...raise, member: "00000000000000b2" });
  const writes = Array.from({ length: 100 }, () => alarm.refuse());
  expect(waiting.map(({ command }) => command)).toEqual([raise]);
  waiting[0]?.settle(null);
  for (const write of writes) expect(await write).toEqual(refused);
  expect(await alarm.refuse()).toEqual(refused);
  expect(waiting).toHaveLength(1);
  apply({ ...raise, type: "alarmClear" });
  void alarm.refuse();
  expect(waiting).toHaveLength(2);
});

test("an alarm that was not raised fails those who waited for it, and is tried again with the next", async () => {
  const { alarm, waiting } = rig();
  const writes = [alarm.refuse(), alarm.refuse()];
  waiting[0]?.settle(new Error("no leader"));
  for (const write of writes) await expect(write).rejects.toThrow("no leader");
  const again = alarm.refuse();
  waiting[1]?.settle(null);
  expect(await again).toEqual(refused);
});
