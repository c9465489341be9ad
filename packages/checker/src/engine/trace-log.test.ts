import fc from "fast-check";
import { expect, test } from "vitest";
import { SUCCESSORS_MAX, TraceLog } from "./trace-log.ts";

test("the path of every state is its parent's, and its own ordinal", () => {
  const step = fc.record({ parent: fc.nat(), ordinal: fc.nat(SUCCESSORS_MAX - 1) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
      const log = new TraceLog();
      const paths: number[][] = [];
      for (const [index, { parent, ordinal }] of steps.entries()) {
        // One of the earlier states, or none.
        const from = (parent % (index + 1)) - 1;
        log.push(from, ordinal);
        paths.push([...(paths[from] ?? []), ordinal]);
      }
      return paths.every((path, index) => String(log.path(index)) === String(path));
    }),
  );
});

test("paths go through many chunks", () => {
  const log = new TraceLog();
  for (let n = 0; n < 200_000; n++) log.push(n - 1, n % SUCCESSORS_MAX);
  const path = log.path(199_999);
  expect(path).toHaveLength(200_000);
  expect(path.every((ordinal, index) => ordinal === index % SUCCESSORS_MAX)).toBe(true);
  expect(log.bytes).toBe(4 * 2 ** 16 * 6);
});
