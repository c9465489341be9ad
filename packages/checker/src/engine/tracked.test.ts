import { describe, expect, test } from "vitest";
import { newResults, BagCollection, SlotCollection } from "./views.ts";
import { emptyCursor } from "./explorer.ts";
import { Recorder, SlotRead, Tuples } from "./reads.ts";
import { Tracked } from "./tracked.ts";

interface View {
  readonly slot: (index: number) => number;
  /** Two slots. */
  readonly slots: SlotCollection<number>;
  readonly bag: BagCollection<number>;
}

/** A function over states that are rows of numbers: `slots` of them, and a bag. */
function over<R>(call: (view: View) => R): {
  tracked: Tracked<R>;
  at: (words: readonly number[]) => R;
  calls: () => number;
} {
  const cursor = emptyCursor();
  const recorder = new Recorder();
  const context = { recorder, cursor, reader: "f", itemwise: (): boolean => tracked.itemwise, results: newResults() };
  const reads = [0, 1].map((slot) => ({ slot, read: new SlotRead(cursor, slot) }));
  const elements = { value: (id: number): number => id, encoding: String };
  const view: View = {
    slot: (index) => recorder.take(new SlotRead(cursor, index)),
    slots: new SlotCollection(context, reads, (_, id) => id),
    bag: new BagCollection(context, { at: 2, tuples: new Tuples(), belongs: () => true, elements }),
  };
  let calls = 0;
  const tracked: Tracked<R> = new Tracked("f", recorder, () => {
    calls++;
    return call(view);
  });
  const at = (words: readonly number[]): R => {
    Object.assign(cursor, { words: Int32Array.from(words), at: 0, length: words.length });
    return tracked.evaluate();
  };
  // Every real call is made twice.
  return { tracked, at, calls: () => calls / 2 };
}

describe("a function is called once for each of the answers that it reads", () => {
  test("of slots", () => {
    const { at, calls } = over(({ slot }) => slot(0) * 10);
    expect([at([1, 1]), at([1, 2]), at([2, 2, 7]), at([1, 9])]).toEqual([10, 10, 20, 10]);
    expect(calls()).toBe(2);
  });

  test("where what is read depends on what was read", () => {
    const { at, calls } = over(({ slot }) => (slot(0) === 0 ? "none" : `some ${slot(1)}`));
    expect([at([0, 1]), at([0, 2]), at([1, 1]), at([1, 2]), at([1, 1])]).toEqual([
      "none",
      "none",
      "some 1",
      "some 2",
      "some 1",
    ]);
    expect(calls()).toBe(3);
  });

  test("when it reads nothing", () => {
    const { at, calls } = over(() => "always");
    expect([at([0, 1]), at([5, 6, 7])]).toEqual(["always", "always"]);
    expect(calls()).toBe(1);
  });

  test("of what a closure makes of slots, not of the slots", () => {
    const { at, calls } = over(({ slots }) => slots.some((item) => item > 5));
    expect([at([1, 2]), at([3, 4]), at([0, 5]), at([6, 0]), at([1, 7])]).toEqual([false, false, false, true, true]);
    // Each of these has an item that no closure was asked about, and only the function at work may ask.
    expect(calls()).toBe(5);
    expect([at([3, 2]), at([1, 5]), at([0, 4]), at([6, 7]), at([3, 7])]).toEqual([false, false, false, true, true]);
    expect(calls()).toBe(5);
  });

  test("of which elements of the bag a closure selects, not of the bag", () => {
    const { at, calls } = over(({ bag }) => bag.filter((item) => item > 5).length);
    expect([at([0, 0]), at([0, 0, 1, 2]), at([0, 0, 1, 6]), at([0, 0, 2, 6]), at([0, 0, 6, 7])]).toEqual([
      0, 0, 1, 1, 2,
    ]);
    expect(calls()).toBe(4);
    expect([at([0, 0, 2]), at([0, 0, 1, 2, 6]), at([0, 0, 1, 6, 7])]).toEqual([0, 1, 2]);
    expect(calls()).toBe(4);
  });
});

describe("a closure is called once for each item", () => {
  test("in slots and in the bag, however often the function itself is called again", () => {
    const asked: string[] = [];
    const { at } = over(({ slots, bag, slot }) => {
      const slotSum = slots.map((item) => asked.push(`slot ${item}`) && item).length;
      return slotSum + bag.filter((item) => asked.push(`bag ${item}`) > 0).length + slot(3);
    });
    at([1, 2, 8, 9]);
    const first = asked.splice(0);
    // The first of the two runs of the function calls its closures, twice; the second lives on what they answered.
    expect(first.filter((what) => what === "bag 8")).toHaveLength(2);
    at([1, 2, 8, 9, 10]);
    // The function is called again, its closures are only for the new item.
    expect(new Set(asked)).toEqual(new Set(["bag 10"]));
  });

  test("again where it may depend on what was read before", () => {
    const { at } = over(({ slot, slots }) => slots.filter((item) => item === slot(0)).length);
    expect([at([1, 2]), at([1, 1]), at([2, 1]), at([2, 2])]).toEqual([1, 2, 1, 2]);
    const captured = over(({ slot, bag }) => {
      const limit = slot(0);
      return bag.filter((item) => item >= limit);
    });
    expect([captured.at([1, 0, 1, 2]), captured.at([2, 0, 1, 2]), captured.at([3, 0, 1, 2])]).toEqual([
      [1, 2],
      [2],
      [],
    ]);
    expect(captured.tracked.itemwise).toBe(false);
  });
});

describe("a closure that reads the state itself", () => {
  test("makes the function read item by item from then on, with the same results", () => {
    const { at, tracked } = over(({ slot, slots, bag }) =>
      bag.filter((item) => slots.some((other) => other + slot(0) === item)),
    );
    expect(tracked.itemwise).toBe(false);
    expect([at([1, 2, 2, 3, 4]), at([2, 2, 3, 4]), at([1, 2, 2, 3, 4])]).toEqual([[2, 3], [4], [2, 3]]);
    expect(tracked.itemwise).toBe(true);
  });

  test("also when it does so only later", () => {
    const { at, tracked } = over(({ slot, slots }) => slots.map((item) => (item > 5 ? slot(0) : item)));
    expect(at([1, 2])).toEqual([1, 2]);
    expect(tracked.itemwise).toBe(false);
    expect([at([3, 6]), at([6, 7]), at([1, 2])]).toEqual([
      [3, 3],
      [6, 6],
      [1, 2],
    ]);
    expect(tracked.itemwise).toBe(true);
  });
});

describe("collections answer as arrays do", () => {
  const words = [3, 1, 10, 9];
  test.each<
    [
      string,
      (items: Pick<readonly number[], "some" | "every" | "filter" | "find" | "map"> & Iterable<number>) => unknown,
    ]
  >([
    ["some", (items) => [items.some((n) => n === 3), items.some((n) => n === 4), items.some((n) => n === 10)]],
    ["every", (items) => [items.every((n) => n > 0), items.every((n) => n > 2)]],
    [
      "filter",
      (items) => [items.filter((n) => n > 2), items.filter(() => false), items.filter((n) => (n % 2) as never)],
    ],
    ["find", (items) => [items.find((n) => n < 3), items.find((n) => n > 9), items.find(() => false)]],
    ["map", (items) => [items.map((n) => ({ n })), items.map(() => undefined)]],
    ["iteration", (items) => [[...items]]],
  ])("%s", (_, ask) => {
    expect(over(({ slots }) => ask(slots as never)).at(words)).toEqual(ask([3, 1]));
    // In the order of the encodings.
    expect(over(({ bag }) => ask(bag as never)).at(words)).toEqual(ask([10, 9]));
  });
});
