import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { importsOf } from "./imports.ts";
import type { Problem } from "./problem.ts";
import { sourceFiles, type Workspace, workspaces } from "./workspaces.ts";

/**
 * Which workspaces each workspace may import: the arrows of docs/ARCHITECTURE.md. Nothing imports tools, which may
 * import anything. A linter sees names only; this check also resolves relative paths, and reads type imports,
 * re-exports and dynamic imports alike.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "@quorate/core": [],
  "@quorate/checker": ["@quorate/core"],
  "@quorate/node": ["@quorate/core"],
  "@quorate/specs": ["@quorate/core", "@quorate/checker"],
  "@quorate/tools": ["@quorate/core", "@quorate/checker", "@quorate/node", "@quorate/specs"],
};

const isRelative = (specifier: string): boolean => /^\.\.?(\/|$)/.test(specifier);
const isTestFile = (file: string): boolean => file.endsWith(".test.ts");
const isConformance = (file: string): boolean => file.startsWith("packages/core/src/conformance/");

/** The part of core that ships as protocols: it depends on nothing at all, not even on Node. */
const isPure = (file: string): boolean =>
  file.startsWith("packages/core/src/") && !isTestFile(file) && !isConformance(file);

const packageName = (specifier: string): string => specifier.split("/").slice(0, 2).join("/");

/** Why a file may not import this, or undefined when it may. */
function objection(file: string, workspace: Workspace, specifier: string): string | undefined {
  if (isRelative(specifier)) {
    const target = posix.join(posix.dirname(file), specifier);
    if (!target.startsWith(`${workspace.folder}/`)) return "leaves its workspace: import the other one by its name";
    if (isPure(file) && !isPure(target)) return "is not part of what core ships";
    return undefined;
  }
  if (isPure(file)) return "comes from outside: core imports nothing";
  if (!specifier.startsWith("@quorate/")) return undefined;
  const name = packageName(specifier);
  if (name === workspace.name || MAY_IMPORT[workspace.name]?.includes(name) === true) return undefined;
  return `is not allowed in ${workspace.name}: imports go core <- checker <- specs and core <- node, and nothing imports tools`;
}

/** Reports every import that goes against the direction of imports. */
export function importDirection(root: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const workspace of workspaces(root)) {
    if (MAY_IMPORT[workspace.name] === undefined) {
      problems.push({ file: `${workspace.folder}/package.json`, message: "has no row in importDirection.ts" });
      continue;
    }
    for (const file of sourceFiles(root, workspace.folder)) {
      const result = importsOf(file, readFileSync(join(root, file), "utf8"));
      if (result.type === "unreadable") {
        problems.push({ file, line: result.line, message: `does not parse: ${result.message}` });
        continue;
      }
      for (const { specifier, line } of result.imports) {
        const reason = objection(file, workspace, specifier);
        if (reason !== undefined) problems.push({ file, line, message: `the import of "${specifier}" ${reason}` });
      }
    }
  }
  return problems;
}
