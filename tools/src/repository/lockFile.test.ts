import { expect, test } from "vitest";
import { plant } from "./fixture.ts";
import { formatProblem } from "./problem.ts";
import { lockFile } from "./lockFile.ts";

const problemsWith = (packages: object): readonly string[] =>
  lockFile(plant({ "package-lock.json": JSON.stringify({ packages }) })).map(formatProblem);

test("the address of a registry is reported, a linked workspace is not", () => {
  const problems = problemsWith({
    "node_modules/zod": { version: "4.0.0", resolved: "https://registry.example/zod-4.0.0.tgz" },
    "node_modules/@quorate/core": { resolved: "packages/core", link: true },
  });

  expect(problems).toEqual([
    "package-lock.json: node_modules/zod is resolved from https://registry.example/zod-4.0.0.tgz: " +
      "install with the root .npmrc",
  ]);
});

test("a binary for another platform that the lock file lacks is reported", () => {
  const problems = problemsWith({
    "node_modules/tool": { optionalDependencies: { "tool-linux": "1.0.0", "tool-darwin": "1.0.0" } },
    "node_modules/tool-linux": { version: "1.0.0" },
  });

  expect(problems).toEqual([
    "package-lock.json: node_modules/tool lacks tool-darwin 1.0.0, which another platform needs",
  ]);
});

test("a binary may lie in any folder that Node looks into", () => {
  const packages = (at: string): object => ({
    "node_modules/@scope/tool/node_modules/inner": { optionalDependencies: { binary: "1.0.0" } },
    [at]: { version: "1.0.0" },
  });

  for (const at of [
    "node_modules/@scope/tool/node_modules/inner/node_modules/binary",
    "node_modules/@scope/tool/node_modules/binary",
    "node_modules/binary",
  ]) {
    expect(problemsWith(packages(at))).toEqual([]);
  }
  expect(problemsWith(packages("node_modules/other/node_modules/binary"))).toHaveLength(1);
});
