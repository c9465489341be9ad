import { expect, test } from "vitest";
import { plantInMonorepo } from "./fixture.ts";
import { importDirection } from "./importDirection.ts";
import { formatProblem } from "./problem.ts";

const problemsWith = (files: Readonly<Record<string, string>>): readonly string[] =>
  importDirection(plantInMonorepo(files)).map(formatProblem);

test.each([
  ["packages/core/src/raft.ts", 'import { readFileSync } from "node:fs";'],
  ["packages/core/src/raft.ts", 'import fs from "fs";'],
  ["packages/core/src/raft.ts", 'import fc from "fast-check";'],
  ["packages/core/src/raft.ts", 'import { check } from "@quorate/checker";'],
  ["packages/core/src/raft.ts", 'import type { Check } from "@quorate/checker";'],
  ["packages/core/src/raft.ts", 'import { law } from "./conformance/index.ts";'],
  ["packages/core/src/raft.ts", 'import { helper } from "./paxos.test.ts";'],
  ["packages/core/src/raft.ts", 'import { check } from "../../checker/src/index.ts";'],
  ["packages/core/src/raft.test.ts", 'import { check } from "@quorate/checker";'],
  ["packages/core/src/conformance/index.ts", 'import { check } from "@quorate/checker";'],
  ["packages/checker/src/engine.ts", 'import spec from "@quorate/specs/raft/spec.ts";'],
  ["packages/checker/src/engine.ts", 'import spec from "../../../specs/raft/spec.ts";'],
  ["packages/checker/src/engine.ts", 'export { spec } from "@quorate/specs";'],
  ["packages/checker/src/engine.ts", 'export * from "@quorate/specs";'],
  ["packages/checker/src/engine.ts", 'const spec = await import("@quorate/specs");'],
  ["packages/checker/bin/check.mjs", 'import "@quorate/tools";'],
  ["specs/raft/spec.ts", 'import { bench } from "@quorate/tools";'],
  ["specs/raft/spec.ts", 'import { bench } from "../../tools/src/bench/main.ts";'],
])("%s may not say %s", (file, source) => {
  const problems = problemsWith({ [file]: `// A first line.\n${source}\n` });

  expect(problems).toEqual([expect.stringContaining(`${file}:2: the import of "`)]);
});

test("what follows the arrows is allowed", () => {
  const problems = problemsWith({
    "packages/core/src/raft.ts": 'import { quorum } from "./quorum.ts";',
    "packages/core/src/raft.test.ts": 'import { test } from "vitest"; import { law } from "./conformance/index.ts";',
    "packages/core/src/conformance/index.ts": 'import fc from "fast-check"; import { quorum } from "../quorum.ts";',
    "packages/checker/src/engine.ts": 'import { raft } from "@quorate/core"; import { cpus } from "node:os";',
    "packages/checker/src/load.ts": "export const load = (file: string): Promise<unknown> => import(file);",
    "specs/raft/spec.ts": 'import { cluster } from "@quorate/checker"; import { raft } from "@quorate/core";',
    "tools/src/bench/main.ts": 'import spec from "@quorate/specs/raft/spec.ts"; import { run } from "../run.ts";',
  });

  expect(problems).toEqual([]);
});

test("installed packages are not looked at", () => {
  const problems = problemsWith({ "packages/core/node_modules/some/index.js": 'import "@quorate/tools";' });

  expect(problems).toEqual([]);
});

test("a module that does not parse is reported, and the others are still looked at", () => {
  const problems = problemsWith({
    "packages/core/src/broken.ts": "// A first line.\nconst =;",
    "packages/core/src/raft.ts": 'import "node:fs";',
  });

  expect(problems).toEqual([
    expect.stringContaining("packages/core/src/broken.ts:2: does not parse: "),
    expect.stringContaining("packages/core/src/raft.ts:1: "),
  ]);
});

test("a workspace that the table does not know is reported", () => {
  const root = plantInMonorepo({
    "package.json": '{ "workspaces": ["packages/new"] }',
    "packages/new/package.json": '{ "name": "@quorate/new" }',
  });

  expect(importDirection(root).map(formatProblem)).toEqual([
    "packages/new/package.json: has no row in importDirection.ts",
  ]);
});
