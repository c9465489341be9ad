import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { FAULT_NAMES, schedule } from "./schedule.ts";
import type { FaultName, Planned } from "./schedule.ts";

function first(count: number, seed: number, size: number, faults: readonly FaultName[]): readonly Planned[] {
  const planned = schedule({ random: new Random(seed), size, faults });
  return Array.from({ length: count }, () => planned.next().value ?? []).flat();
}

test("the same seed has the same schedule, and another seed another", () => {
  const planned = first(200, 7, 5, FAULT_NAMES);
  expect(first(200, 7, 5, FAULT_NAMES)).toEqual(planned);
  expect(first(200, 8, 5, FAULT_NAMES)).not.toEqual(planned);
});

test("in the long run every fault comes, and everybody is hit", () => {
  const planned = first(2_000, 1, 5, FAULT_NAMES);
  expect(new Set(planned.map(({ fault }) => fault.type))).toEqual(new Set(FAULT_NAMES));
  const whom = new Set(planned.flatMap(({ fault }) => ("whom" in fault ? [fault.whom] : [])));
  expect(whom).toEqual(new Set(["leader", 0, 1, 2, 3, 4]));
  const damages = new Set(planned.flatMap(({ fault }) => (fault.type === "damage" ? [fault.damage.type] : [])));
  expect(damages).toEqual(new Set(["flip", "cut", "cutPages", "tornEnd", "tornHead", "misplaced", "empty", "gone"]));
});

test.each([3, 4, 5, 9])("a partition of %i members leaves a quorum on the other side", (size) => {
  for (const { fault } of first(200, size, size, ["partition"])) {
    const few = fault.type === "partition" ? fault.places.length : size;
    expect(few).toBeGreaterThan(0);
    expect(size - few).toBeGreaterThan(size / 2);
  }
});

test("without faults there is nothing to do", () => {
  expect(first(3, 1, 3, [])).toEqual([]);
});
