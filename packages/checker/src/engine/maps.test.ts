import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IdMap } from "./id-map.ts";
import { ABSENT, PairMap } from "./pair-map.ts";
import { RowMap } from "./row-map.ts";

/** Ids are dense and small, as in the engine, with a few large ones. */
const id = fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.nat(100_000) });
const pairs = fc.array(fc.tuple(id, id, fc.nat(2 ** 31 - 2)), { maxLength: 400 });

describe.each([
  ["PairMap", () => new PairMap(4)],
  ["RowMap", () => new RowMap()],
] as const)("%s", (_, make) => {
  test("answers as a Map does", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const map = make();
        const model = new Map<string, number>();
        for (const [first, second, value] of list) {
          const known = model.get(`${first},${second}`) ?? ABSENT;
          if (map.get(first, second) !== known) return false;
          if (known !== ABSENT) continue;
          map.add(first, second, value);
          model.set(`${first},${second}`, value);
        }
        return list.every(
          ([first, second]) =>
            map.get(first, second) === model.get(`${first},${second}`) &&
            map.get(second, first) === (model.get(`${second},${first}`) ?? ABSENT) &&
            map.get(first, second + 1) === (model.get(`${first},${second + 1}`) ?? ABSENT),
        );
      }),
    );
  });

  test("holds many pairs", () => {
    const map = make();
    for (let n = 0; n < 100_000; n++) map.add(n % 317, Math.floor(n / 317), n);
    for (let n = 0; n < 100_000; n++) if (map.get(n % 317, Math.floor(n / 317)) !== n) expect.fail(`lost ${n}`);
    expect(map.get(317, 0)).toBe(ABSENT);
    expect(map.get(0, 317)).toBe(ABSENT);
  });
});

test("IdMap answers as a Map does, and may be set anew", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.nat(1000)), { maxLength: 100 }), (list) => {
      const map = new IdMap();
      const model = new Map<number, number>();
      for (const [key, value] of list) {
        if (map.get(key) !== (model.get(key) ?? ABSENT)) return false;
        map.set(key, value);
        model.set(key, value);
      }
      return list.every(
        ([key]) => map.get(key) === model.get(key) && map.get(key + 1) === (model.get(key + 1) ?? ABSENT),
      );
    }),
  );
});
