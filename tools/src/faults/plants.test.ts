import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { editOf, PLANT_NAMES, PLANTS } from "./plants.ts";

test.each(PLANT_NAMES)("%s applies to the node as it is", (name) => {
  const plant = PLANTS[name];
  const source = readFileSync(new URL(`../../../packages/node/src/${plant.file}`, import.meta.url), "utf8");
  expect(editOf(source, plant)).not.toBe(source);
});

test("an edit that does not apply, or to more than one place, is an error", () => {
  const plant = { ...PLANTS.noSync, find: "a" };
  expect(editOf("bab", plant)).toBe("bsync: false,b");
  expect(() => editOf("b", plant)).toThrow("is 0 times in node.ts");
  expect(() => editOf("aba", plant)).toThrow("is 2 times in node.ts");
});
