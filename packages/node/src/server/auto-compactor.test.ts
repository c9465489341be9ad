import { expect, test } from "vitest";
import { FakeClock } from "../shell/fake-clock.ts";
import { AutoCompactor } from "./auto-compactor.ts";
import type { AutoCompaction } from "../config/options.ts";

/** A store that gets ten revisions a second, and what is compacted of it. */
function rig(mode: AutoCompaction): {
  readonly clock: FakeClock;
  readonly done: number[];
  readonly compactor: AutoCompactor;
} {
  const clock = new FakeClock();
  const done: number[] = [];
  const compactor = new AutoCompactor({
    mode,
    clock,
    revision: () => Math.floor(clock.now() / 100),
    compacted: () => done.at(-1) ?? 0,
    compact: (revision) => done.push(revision),
  });
  return { clock, done, compactor };
}

test("history that is older than the time goes, and nothing that is younger", () => {
  const { clock, done } = rig({ mode: "periodic", everyMs: 10_000 });
  clock.advance(10_999);
  expect(done).toEqual([]);
  clock.advance(1_001);
  // At 11 and at 12 seconds: what was there at 1 and at 2.
  expect(done).toEqual([10, 20]);
});

test("as many revisions stay as are to be kept", () => {
  const { clock, done } = rig({ mode: "revision", kept: 1_000 });
  clock.advance(5 * 60_000);
  expect(done).toEqual([2_000]);
});

test("where there is nothing to give up, nothing is asked", () => {
  const { clock, done } = rig({ mode: "revision", kept: 1_000_000 });
  clock.advance(60 * 60_000);
  expect(done).toEqual([]);
});

test("one that was stopped looks no more", () => {
  const { clock, done, compactor } = rig({ mode: "revision", kept: 1_000 });
  compactor.stop();
  clock.advance(60 * 60_000);
  expect(done).toEqual([]);
});
