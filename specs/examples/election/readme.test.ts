/** The project's README begins with this spec, but for one line, which it then mends: the mutant's. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import mutants from "./mutants.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const spec = readFileSync(new URL("spec.ts", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```(?:ts|diff)\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "");

test("the README shows this spec with the mutant's bug in it", () => {
  const [mutant] = mutants;
  expect(blocks).toContain(spec.replace(mutant?.find ?? "no mutant", mutant?.replace ?? ""));
});

test("the README's repair is the line of this spec", () => {
  const repaired = spec.split("\n").find((line) => line.includes(mutants[0]?.find ?? "no mutant"));
  expect(blocks.flatMap((block) => block.split("\n"))).toContain(`+${repaired}`);
});
