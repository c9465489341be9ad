import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cursor } from "./frontier.ts";
import { WordsCache } from "./words-cache.ts";

function cursorOver(words: readonly number[]): Cursor {
  return { words: Int32Array.from([99, ...words]), at: 1, length: words.length };
}

test("remembers the last state that was added, and none that was not", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(40)), { maxLength: 200 }), (states) => {
      const cache = new WordsCache([0, 2, 3]);
      const added = new Set<string>();
      return states.every((state) => {
        const name = String([state[0], state[2], state[3]]);
        if (cache.has(cursorOver(state)) && !added.has(name)) return false;
        cache.add(cursorOver(state));
        added.add(name);
        return cache.has(cursorOver(state));
      });
    }),
  );
});

test("tells states apart by the given slots alone", () => {
  const cache = new WordsCache([1]);
  expect(cache.has(cursorOver([0, 0]))).toBe(false);
  cache.add(cursorOver([7, 0]));
  expect(cache.has(cursorOver([8, 0]))).toBe(true);
  expect(cache.has(cursorOver([7, 1]))).toBe(false);
});

test("remembers nothing where there is nothing to tell states apart by", () => {
  const cache = new WordsCache([]);
  cache.add(cursorOver([7]));
  expect(cache.has(cursorOver([7]))).toBe(false);
});
