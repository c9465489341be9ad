/** Which names beside a spec are taken for a slip, and which are not. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Workplace } from "../testing/workplace.ts";
import { overlookedIn } from "./overlooked.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());
let folders = 0;

/** The names, of those in a folder with nothing else, that are complained about. */
function complaints(names: readonly string[]): readonly string[] {
  const folder = join(workplace.folder, `names-${++folders}`);
  for (const name of names) workplace.write(`names-${folders}/${name}`, "");
  const faults = overlookedIn(folder, readdirSync(folder, { withFileTypes: true }));
  return names.filter((name) => faults.some((fault) => fault.startsWith(`${join(folder, name)} `)));
}

const whole = ["spec.ts", "manifest.json", "mutants.ts", "README.md"];

test.each<readonly [string, readonly string[]]>([
  ["a whole spec", whole],
  ["a spec alone", ["spec.ts"]],
  [
    "sources and tests beside it",
    [...whole, "server.ts", "spec.test.ts", "mutants.test.ts", "special.ts", "mutable.ts"],
  ],
  ["data beside a manifest", [...whole, "data.json", "events.yaml", "package.json", "tsconfig.json"]],
  [
    "the settings of a package, without a manifest",
    ["spec.ts", "package.json", "package-lock.json", "tsconfig.base.json"],
  ],
  ["a folder of specs, or of what they share", ["package.json", "tsconfig.json", "consensus.ts", "README.md"]],
])("nothing is wrong with %s", (_, names) => {
  expect(complaints(names)).toEqual([]);
});

test.each<readonly [string, readonly string[]]>([
  ["manifests.json", whole],
  ["MANIFEST.JSON", ["spec.ts"]],
  ["manifest.jsonc", ["spec.ts"]],
  ["manifest.yaml", whole],
  ["counts.json", ["spec.ts"]],
  ["mutants.js", ["spec.ts", "manifest.json"]],
  ["Mutants.ts", ["spec.ts", "manifest.json"]],
  ["mutant.mts", whole],
  ["spec.mts", []],
  ["specs.ts", ["manifest.json"]],
  ["manifest.json", ["server.ts"]],
  ["mutants.ts", []],
])("%s, beside %j, would be passed over", (name, others) => {
  expect(complaints([name, ...others])).toEqual([name]);
});
