import { expect, test } from "vitest";
import { emptyCursor } from "./explorer.ts";
import { Judge } from "./judge.ts";
import { MembershipRead, Recorder, SlotRead } from "./reads.ts";
import type { Read } from "./reads.ts";
import type { StatePredicate } from "./system.ts";
import { Tracked } from "./tracked.ts";

const BAG_AT = 3;

/** States of three slots and a bag, with predicates that count how often they are tested. */
class Bench {
  readonly from = emptyCursor();
  readonly to = emptyCursor();
  readonly tested: string[] = [];
  readonly #recorder = new Recorder();

  /** A predicate that takes `reads` and is what `holds` makes of the answers. */
  predicate(name: string, reads: readonly Read[], holds: (answers: readonly number[]) => boolean): StatePredicate {
    const tracked = new Tracked(name, this.#recorder, () => holds(reads.map((read) => this.#recorder.take(read))));
    return {
      name,
      test: () => {
        this.tested.push(name);
        return tracked.evaluate();
      },
      get parts() {
        return tracked.parts;
      },
    };
  }

  /** What is found of a successor, and which predicates had to be tested for it. */
  judge(judge: Judge, before: readonly number[] | null, after: readonly number[]) {
    if (before !== null) Object.assign(this.from, { words: Int32Array.from(before), length: before.length });
    Object.assign(this.to, { words: Int32Array.from(after), length: after.length });
    this.tested.length = 0;
    const { reached, violated } = judge.judge(before === null);
    return { tested: [...this.tested], reached: reached.map(({ name }) => name), violated: violated?.name ?? null };
  }
}

const SILENT = { tested: [], reached: [], violated: null };

test("tests what reads a part that changed, and does so once for all states that are the same in what is read", () => {
  const bench = new Bench();
  const first = bench.predicate("first", [new SlotRead(bench.to, 0)], ([a]) => a !== 9);
  const second = bench.predicate("second", [new SlotRead(bench.to, 1)], ([b]) => b !== 9);
  const judge = new Judge({ from: bench.from, to: bench.to, always: [first, second], sometimes: [] });
  expect(bench.judge(judge, null, [0, 0, 0])).toEqual({ ...SILENT, tested: ["first", "second"] });
  expect(bench.judge(judge, [0, 0, 0], [0, 0, 5])).toEqual(SILENT);
  expect(bench.judge(judge, [0, 0, 0], [1, 0, 0])).toEqual({ ...SILENT, tested: ["first"] });
  expect(bench.judge(judge, [0, 0, 0], [1, 0, 4])).toEqual(SILENT);
  expect(bench.judge(judge, [1, 0, 0], [1, 9, 0])).toEqual({ ...SILENT, tested: ["second"], violated: "second" });
  expect(bench.judge(judge, [1, 0, 0], [1, 9, 0]).violated).toBe("second");
});

test("a part that is read for the first time counts from then on", () => {
  const bench = new Bench();
  const [choice, other] = [new SlotRead(bench.to, 0), new SlotRead(bench.to, 1)];
  const tracked = new Recorder();
  const lookup = new Tracked("lookup", tracked, () => tracked.take(choice) === 0 || tracked.take(other) !== 9);
  const predicate = {
    name: "lookup",
    test: () => lookup.evaluate(),
    get parts() {
      return lookup.parts;
    },
  };
  const judge = new Judge({ from: bench.from, to: bench.to, always: [predicate], sometimes: [] });
  expect(bench.judge(judge, null, [0, 9, 0]).violated).toBeNull();
  expect(bench.judge(judge, [0, 9, 0], [0, 8, 0]).violated).toBeNull();
  expect(bench.judge(judge, [0, 8, 0], [1, 8, 0]).violated).toBeNull();
  expect(bench.judge(judge, [1, 8, 0], [1, 9, 0]).violated).toBe("lookup");
});

test("what reads the bag is tested in every state", () => {
  const bench = new Bench();
  const slot = bench.predicate("slot", [new SlotRead(bench.to, 0)], () => true);
  const bag = bench.predicate("bag", [new MembershipRead(bench.to, BAG_AT, 5)], ([has]) => has === 0);
  const judge = new Judge({ from: bench.from, to: bench.to, always: [slot, bag], sometimes: [] });
  bench.judge(judge, null, [0, 0, 0]);
  expect(bench.judge(judge, [0, 0, 0], [0, 0, 0, 4])).toEqual({ ...SILENT, tested: ["bag"] });
  expect(bench.judge(judge, [0, 0, 0, 4], [0, 0, 0, 4, 5])).toEqual({ ...SILENT, tested: ["bag"], violated: "bag" });
});

test("a slot beyond the bits is part of the remainder", () => {
  const bench = new Bench();
  const far = bench.predicate("far", [new SlotRead(bench.to, 40)], ([word]) => word !== 9);
  const judge = new Judge({ from: bench.from, to: bench.to, always: [far], sometimes: [] });
  const state = (word: number): readonly number[] => [...Array.from({ length: 40 }, () => 0), word];
  bench.judge(judge, null, state(0));
  expect(bench.judge(judge, state(0), state(9)).violated).toBe("far");
});

test("what is to hold sometimes is reached once", () => {
  const bench = new Bench();
  const one = bench.predicate("one", [new SlotRead(bench.to, 0)], ([word]) => word === 1);
  const judge = new Judge({ from: bench.from, to: bench.to, always: [], sometimes: [one] });
  expect(bench.judge(judge, null, [0, 0, 0]).reached).toEqual([]);
  expect(bench.judge(judge, [0, 0, 0], [1, 0, 0])).toEqual({ ...SILENT, tested: ["one"], reached: ["one"] });
  expect(bench.judge(judge, [0, 0, 0], [1, 0, 0])).toEqual(SILENT);
});
