import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "./problem.ts";
import { sourceFiles, workspaces } from "./workspaces.ts";

const LINES_MAX = 400;

const REASON = /^\s*\/\/ Long for a reason: \S/m;

/** Reports files that are too long to be one mechanism, unless a comment in them says why they are. */
export function fileLength(root: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const file of workspaces(root).flatMap(({ folder }) => sourceFiles(root, folder))) {
    const source = readFileSync(join(root, file), "utf8");
    const lines = source.trimEnd().split("\n").length;
    if (lines <= LINES_MAX || REASON.test(source)) continue;
    problems.push({
      file,
      message: `${lines} lines are more than ${LINES_MAX}: split it, or say "// Long for a reason: ..."`,
    });
  }
  return problems;
}
