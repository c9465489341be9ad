import type { MachineSignature } from "@quorate/core";
import { expect, test } from "vitest";
import { Compaction } from "./compaction.ts";

/** The indexes of the states of which snapshots are made while `count` commands are applied, at which index. */
function snapshots(
  compaction: Compaction<MachineSignature>,
  count: number,
  command = "",
): readonly (readonly [number, number])[] {
  const made: [number, number][] = [];
  for (let applied = 1; applied <= count; applied++) {
    compaction.onApplied(command);
    const replica = compaction.next({ applied, state: applied });
    if (replica !== null) made.push([applied, replica.applied]);
  }
  return made;
}

test("there is a snapshot of an earlier state every so many commands", () => {
  const compaction = new Compaction({ commands: 100, bytes: Infinity, kept: 0.2 });
  expect(snapshots(compaction, 400)).toEqual([
    [120, 100],
    [220, 200],
    [320, 300],
  ]);
});

test("and every so many bytes", () => {
  const compaction = new Compaction({ commands: Infinity, bytes: 10_000, kept: 0.2 });
  const made = snapshots(compaction, 300, "x".repeat(92));
  expect(made.map(([applied]) => applied)).toEqual([120, 220]);
  for (const [applied, of] of made) expect(applied - of).toBeGreaterThanOrEqual(20);
});

test("what came by another member's snapshot no longer counts", () => {
  const compaction = new Compaction({ commands: 100, bytes: Infinity, kept: 0.2 });
  expect(snapshots(compaction, 119)).toEqual([]);
  compaction.onRestored();
  expect(snapshots(compaction, 119)).toEqual([]);
});
