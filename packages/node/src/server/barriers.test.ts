/** Whoever waits at a barrier passes by a read that was asked for after it had come, and by no other. */

import { expect, test } from "vitest";
import { FakeClock } from "../shell/fake-clock.ts";
import { Barriers } from "./barriers.ts";
import type { ReadId } from "./barriers.ts";

const TIMEOUT_MS = 1_000;
const LOST_MS = 100;
const RETRY_MS = 10;

class Rig {
  readonly clock = new FakeClock();
  hasLeader = true;
  wakes = 0;
  readonly passed: string[] = [];
  readonly barriers: Barriers = new Barriers({
    origin: "self/1",
    clock: this.clock,
    timeoutMs: TIMEOUT_MS,
    pendingMax: 3,
    lostMs: LOST_MS,
    retryMs: RETRY_MS,
    wake: () => {
      this.wakes += 1;
    },
    hasLeader: () => this.hasLeader,
  });

  pass(name: string): void {
    this.barriers.pass().then(
      () => this.passed.push(name),
      (error: unknown) => this.passed.push(`${name}: ${error instanceof Error ? error.message : ""}`),
    );
  }

  /** What became of those who wait, since it was last asked. */
  async news(): Promise<readonly string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.passed.splice(0);
  }

  get wokeLater(): boolean {
    const before = this.wakes;
    this.clock.advance(LOST_MS);
    return this.wakes > before;
  }
}

const read = (number: number): ReadId => ({ origin: "self/1", number });

test("all that have come share one read, and pass when it is answered", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.pass("b");
  expect(rig.barriers.gather()).toEqual(read(1));
  expect(rig.barriers.gather()).toBeNull();
  expect(await rig.news()).toEqual([]);
  rig.barriers.onAnswer(read(1));
  expect(await rig.news()).toEqual(["a", "b"]);
  expect(rig.barriers.gather()).toBeNull();
});

test("who comes while a read is on its way waits for the next: the first may know nothing of what was written since", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  rig.pass("b");
  const before = rig.wakes;
  rig.barriers.onAnswer(read(1));
  expect(await rig.news()).toEqual(["a"]);
  expect(rig.wakes).toBe(before + 1);
  expect(rig.barriers.gather()).toEqual(read(2));
  rig.barriers.onAnswer(read(2));
  expect(await rig.news()).toEqual(["b"]);
});

test("answers to reads of others, or of another life, let nobody pass", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  for (const id of [{ origin: "self/0", number: 1 }, { origin: "self/1" }, { number: 1 }, null, "self/1", 1]) {
    rig.barriers.onAnswer(id);
    rig.barriers.onRefused(id);
  }
  expect(await rig.news()).toEqual([]);
  expect(rig.barriers.gather()).toBeNull();
});

test("a read that is not answered in time is asked for again, under another name", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  rig.clock.advance(LOST_MS - 1);
  expect(rig.barriers.gather()).toBeNull();
  expect(rig.wokeLater).toBe(true);
  expect(rig.barriers.gather()).toEqual(read(2));
  rig.barriers.onAnswer(read(2));
  expect(await rig.news()).toEqual(["a"]);
});

test("an answer that is late serves those that came before its read, and not those that came after", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  rig.pass("b");
  rig.clock.advance(LOST_MS);
  expect(rig.barriers.gather()).toEqual(read(2));
  rig.barriers.onAnswer(read(1));
  expect(await rig.news()).toEqual(["a"]);
  // The second is still on its way.
  expect(rig.barriers.gather()).toBeNull();
  rig.pass("c");
  rig.barriers.onAnswer(read(2));
  expect(await rig.news()).toEqual(["b"]);
  // The same answer again says nothing new.
  rig.barriers.onAnswer(read(1));
  rig.barriers.onAnswer(read(2));
  expect(await rig.news()).toEqual([]);
  expect(rig.barriers.gather()).toEqual(read(3));
});

test("where every answer takes longer than a read is waited for, reads are answered all the same", async () => {
  const rig = new Rig();
  rig.pass("a");
  const asked: (ReadId | null)[] = [];
  for (let passed = 0; passed < TIMEOUT_MS && rig.passed.length === 0; passed += LOST_MS) {
    asked.push(rig.barriers.gather());
    const late = asked.at(-3) ?? null;
    if (late !== null) rig.barriers.onAnswer(late);
    rig.clock.advance(LOST_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(rig.passed).toEqual(["a"]);
});

test("a read that is refused is asked for again after a while, and not at once", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  rig.barriers.onRefused(read(1));
  expect(rig.barriers.gather()).toBeNull();
  const before = rig.wakes;
  rig.clock.advance(RETRY_MS);
  expect(rig.wakes).toBe(before + 1);
  expect(rig.barriers.gather()).toEqual(read(2));
  // Word of the first is of no concern any more.
  rig.barriers.onRefused(read(1));
  rig.clock.advance(RETRY_MS);
  expect(rig.barriers.gather()).toBeNull();
  rig.barriers.onAnswer(read(2));
  expect(await rig.news()).toEqual(["a"]);
});

test("without a leader nothing is asked for, and nobody waits for ever", async () => {
  const rig = new Rig();
  rig.hasLeader = false;
  rig.pass("a");
  expect(rig.barriers.gather()).toBeNull();
  rig.clock.advance(TIMEOUT_MS);
  expect(await rig.news()).toEqual(["a: noLeader"]);
  rig.hasLeader = true;
  expect(rig.barriers.gather()).toBeNull();
  rig.pass("b");
  rig.clock.advance(TIMEOUT_MS);
  expect(await rig.news()).toEqual(["b: timeout"]);
});

test("nobody is woken for those that have given up", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.clock.advance(TIMEOUT_MS - 50);
  rig.barriers.gather();
  rig.clock.advance(50);
  expect(await rig.news()).toEqual(["a: timeout"]);
  expect(rig.wokeLater).toBe(false);
});

test("there is a limit to how many wait", async () => {
  const rig = new Rig();
  for (const name of ["a", "b", "c", "d"]) rig.pass(name);
  expect(await rig.news()).toEqual(["d: tooManyRequests"]);
});

test("when the member stops all are told, and so is whoever comes later", async () => {
  const rig = new Rig();
  rig.pass("a");
  rig.barriers.gather();
  rig.pass("b");
  rig.barriers.stop();
  rig.pass("c");
  // Promises are heard of in the order in which they were settled.
  expect(await rig.news()).toEqual(["a: stopped", "b: stopped", "c: stopped"]);
  expect(rig.wokeLater).toBe(false);
});
