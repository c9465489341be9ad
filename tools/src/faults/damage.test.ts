import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { damageFile } from "./damage.ts";
import type { Damage } from "./schedule.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-damage-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const PAGE = 4_096;
/** Four pages, of which each is full of its own number. */
const whole = Buffer.concat([1, 2, 3, 4].map((number) => Buffer.alloc(PAGE, number)));

function damaged(damage: Damage): Buffer | null {
  const file = join(directory, "file");
  writeFileSync(file, whole);
  damageFile(file, whole, damage);
  return existsSync(file) ? readFileSync(file) : null;
}

test.each<[Damage, Buffer | null]>([
  [{ type: "cut", at: 500_000 }, whole.subarray(0, 2 * PAGE)],
  [{ type: "cutPages", pages: 3 }, whole.subarray(0, PAGE)],
  [{ type: "cutPages", pages: 9 }, Buffer.alloc(0)],
  [{ type: "tornEnd", sectors: 2 }, Buffer.concat([whole.subarray(0, 3 * PAGE + 1_024), Buffer.alloc(3_072)])],
  [
    { type: "tornHead", page: 0, sectors: 7 },
    Buffer.concat([whole.subarray(0, 3_584), Buffer.alloc(512), whole.subarray(PAGE)]),
  ],
  [{ type: "misplaced", from: 0, to: 999_999 }, Buffer.concat([whole.subarray(0, 3 * PAGE), whole.subarray(0, PAGE)])],
  [{ type: "empty" }, Buffer.alloc(0)],
  [{ type: "gone" }, null],
])("%j", (damage, expected) => {
  expect(damaged(damage)).toEqual(expected);
});

test("one bit is flipped, and no other", () => {
  const flipped = damaged({ type: "flip", at: 250_000, bit: 7 });
  expect(flipped?.readUInt8(PAGE)).toBe(2 + 128);
  flipped?.writeUInt8(2, PAGE);
  expect(flipped).toEqual(whole);
});
