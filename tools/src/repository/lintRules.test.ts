// Plants what this project forbids and sees the linter reject it, so that a rule cannot silently stop working: a
// mistyped glob in .oxlintrc.json, or a rule that a new version renamed, would otherwise look like clean code.
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { plant } from "./fixture.ts";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const CONFIGURATION = [".oxlintrc.json", "tsconfig.base.json", "packages/core/tsconfig.json"];

const report = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

/** Lints files with the repository's own configuration: the rules that each file broke. */
function brokenRules(files: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const root = plant({
    ...Object.fromEntries(CONFIGURATION.map((file) => [file, readFileSync(join(REPOSITORY, file), "utf8")])),
    ...files,
  });
  symlinkSync(join(REPOSITORY, "node_modules"), join(root, "node_modules"), "junction");
  const oxlint = join(REPOSITORY, "node_modules/oxlint/bin/oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format=json"], { cwd: root, encoding: "utf8" });

  const broken = new Map<string, string[]>(Object.keys(files).map((file) => [file, []]));
  for (const { code, filename } of report.parse(JSON.parse(stdout)).diagnostics) {
    broken.get(filename.replaceAll("\\", "/"))?.push(code);
  }
  return broken;
}

const GLOBAL = "eslint(no-restricted-globals)";

/** What core alone forbids, with the rule that says so. */
const IMPURE: readonly (readonly [source: string, rule: string])[] = [
  ["export const now = Date.now();", GLOBAL],
  ["export const now = new Date();", GLOBAL],
  ["export const { now } = Date;", GLOBAL],
  ["export const now = performance.now();", GLOBAL],
  ["export const random = Math.random();", "eslint(no-restricted-properties)"],
  ["export const { random } = Math;", "eslint(no-restricted-properties)"],
  ["export const bytes = crypto.getRandomValues(new Uint8Array(1));", GLOBAL],
  ["setTimeout(() => undefined, 1);", GLOBAL],
  ["setInterval(() => undefined, 1);", GLOBAL],
  ["setImmediate(() => undefined);", GLOBAL],
  ["queueMicrotask(() => undefined);", GLOBAL],
  ["export const { pid } = process;", GLOBAL],
  ["export const world = globalThis;", GLOBAL],
  ['console.log("here");', "eslint(no-console)"],
  ["export const step = async (): Promise<number> => 1;", "oxc(no-async-await)"],
];

/** What is forbidden everywhere, with the rule that says so. */
const FORBIDDEN: readonly (readonly [source: string, rule: string])[] = [
  ["export const id = (value: any): unknown => value;", "typescript(no-explicit-any)"],
  ["export const sure = (value?: number): number => value!;", "typescript(no-non-null-assertion)"],
  ['// @ts-ignore\nexport const text: string = "text";', "typescript(ban-ts-comment)"],
  ["export default 1;", "import(no-default-export)"],
  ["export namespace Space {\n  export const one = 1;\n}", "typescript(no-namespace)"],
  ["export const same = (a: number): boolean => a == 1;", "eslint(eqeqeq)"],
  ["let one = 1;\nexport const two = one + 1;", "eslint(prefer-const)"],
  ["const unused = 1;\nexport const used = 2;", "eslint(no-unused-vars)"],
  ["const later = (): Promise<void> => Promise.resolve();\nlater();", "typescript(no-floating-promises)"],
  [
    'export const of = (x: "a" | "b"): number => {\n  switch (x) {\n    case "a":\n      return 1;\n  }\n  return 2;\n};',
    "typescript(switch-exhaustiveness-check)",
  ],
  [
    'export const of = (x: "a" | "b"): number => {\n  switch (x) {\n    default:\n      return 2;\n  }\n};',
    "typescript(switch-exhaustiveness-check)",
  ],
];

const planted = (
  folder: string,
  cases: readonly (readonly [source: string, rule: string])[],
  suffix = ".ts",
): Record<string, string> =>
  Object.fromEntries(cases.map(([source], index) => [`${folder}/planted${index}${suffix}`, source]));

test.each([
  ["packages/core/src/raft", [...IMPURE, ...FORBIDDEN]],
  ["packages/core/src/conformance", FORBIDDEN],
  ["packages/checker/src/engine", FORBIDDEN],
  ["specs/raft", FORBIDDEN],
  ["tools/src/bench", FORBIDDEN],
] as const)("what is planted in %s is rejected", (folder, cases) => {
  const broken = brokenRules(planted(folder, cases));

  expect([...broken.values()]).toEqual(cases.map(([, rule]) => [rule]));
});

test("clocks, randomness and console are allowed outside the shipping source of core", () => {
  const broken = brokenRules({
    ...planted("packages/core/src/conformance", IMPURE),
    ...planted("packages/core/src/raft", IMPURE, ".test.ts"),
    ...planted("packages/checker/src/report", IMPURE),
  });

  expect([...broken.values()].flat()).toEqual([]);
});

test("an import cycle is rejected", () => {
  const broken = brokenRules({
    "packages/core/src/a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();',
    "packages/core/src/b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();',
  });

  expect([...broken.values()]).toEqual([["import(no-cycle)"], ["import(no-cycle)"]]);
});

test("specs, mutants and configurations export a default, nothing beside them does", () => {
  const source = "const value = 1;\nexport default value;";
  const allowed = ["specs/raft/spec.ts", "specs/raft/mutants.ts", "vitest.config.ts"];
  const rejected = ["specs/raft/properties.ts", "packages/checker/src/spec.ts"];
  const broken = brokenRules(Object.fromEntries([...allowed, ...rejected].map((file) => [file, source])));

  expect([...broken].filter(([, rules]) => rules.length > 0).map(([file]) => file)).toEqual(rejected);
});
