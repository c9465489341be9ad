/** Every guard of Raft is spoken for: by a mutant without it that a property catches, by the compiler, or by its README. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Mutant } from "@quorate/checker";
import { beforeAll, describe, expect, test } from "vitest";
import { guardsOf } from "./inventory.ts";
import type { Guard } from "./inventory.ts";
import { reasonsIn } from "./reasons.ts";
import { uncompiledWithout } from "./uncompiled.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CODE = join(ROOT, "packages/core/src/raft");
const SPECS = join(ROOT, "specs/raft");
const CHECK = join(ROOT, "packages/checker/bin/check.mjs");

const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(CODE)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => [file, readFileSync(join(CODE, file), "utf8")]),
);
const guards: readonly Guard[] = [...sources].flatMap(([file, source]) => guardsOf(file, source));
const reasons = reasonsIn(readFileSync(join(CODE, "README.md"), "utf8"));

let mutants: readonly { readonly title: string; readonly mutant: Mutant; readonly removes: readonly string[] }[] = [];
let uncompiled: ReadonlySet<string> = new Set();

beforeAll(async () => {
  const files = readdirSync(SPECS, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("mutants.ts"));
  const lists = await Promise.all(
    files.map(async (file) => {
      const loaded = (await import(pathToFileURL(join(SPECS, file)).href)) as { readonly default: readonly Mutant[] };
      return loaded.default.map((mutant) => ({
        title: `${mutant.id} of raft/${dirname(file)}`,
        mutant,
        removes: removedBy(mutant, join(SPECS, dirname(file), mutant.file)),
      }));
    }),
  );
  mutants = lists.flat();
  uncompiled = uncompiledWithout(ROOT, "raft", guards);
});

/** The one guard that a mutant takes out, and nothing else with it; none if it does something else. */
function removedBy({ find, replace }: Mutant, path: string): readonly string[] {
  const file = relative(CODE, path);
  const source = sources.get(file);
  if (source === undefined) return [];
  const edited = bare(source.replace(find, () => replace));
  return guardsOf(file, source).flatMap(({ name, without }) => (bare(without) === edited ? [name] : []));
}

/** A source without what means nothing: comments on lines of their own, and spaces. */
function bare(source: string): string {
  return source.replaceAll(/^\s*\/\/.*$/gm, "").replaceAll(/\s+/g, "");
}

describe("each guard of packages/core/src/raft", () => {
  test("is taken out by a mutant, or can't be for the compiler, or the README says why safety does not need it", () => {
    const spokenFor = new Set([...mutants.flatMap(({ removes }) => removes), ...reasons.map(({ guard }) => guard)]);
    expect(guards.map(({ name }) => name).filter((name) => !spokenFor.has(name) && !uncompiled.has(name))).toEqual([]);
  });

  test("that the README lists is there, once, with a reason, and nothing else speaks for it", () => {
    const names = new Set(guards.map(({ name }) => name));
    const removed = new Set(mutants.flatMap(({ removes }) => removes));
    const listed = reasons.map(({ guard }) => guard);
    expect(listed.filter((guard) => !names.has(guard))).toEqual([]);
    expect(listed.filter((guard, at) => listed.indexOf(guard) !== at)).toEqual([]);
    expect(listed.filter((guard) => removed.has(guard) || uncompiled.has(guard))).toEqual([]);
    expect(reasons.filter(({ reason }) => reason === "")).toEqual([]);
  });

  test("that the README names tests for has them", () => {
    const files = [...new Set(reasons.flatMap(({ tests }) => tests))];
    expect(files.filter((file) => !file.endsWith(".test.ts") || !existsSync(join(CODE, file)))).toEqual([]);
  });

  test("has one mutant at most of those that `check mutants --guards` runs, which take out nothing else", () => {
    const wrong = mutants.filter(({ mutant, removes }) => mutant.kind === "guard" && removes.length !== 1);
    expect(wrong.map(({ title }) => title)).toEqual([]);
    const removed = mutants.flatMap(({ mutant, removes }) => (mutant.kind === "guard" ? removes : []));
    expect(removed.filter((guard, at) => removed.indexOf(guard) !== at)).toEqual([]);
  });
});

/** All of them are for `npx check mutants raft --guards`; these take a second. */
test.each(["raft/membership", "raft/snapshot"])("the guard mutants of %s are caught", (spec) => {
  const { stdout, status } = spawnSync(process.execPath, [CHECK, "mutants", spec, "--guards"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stdout).not.toContain("FAIL");
  expect(stdout).toMatch(/\n(\d+) of \1 mutants caught, each by the property named for it\.\n$/);
  expect(status).toBe(0);
});
