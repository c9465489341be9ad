import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "./problem.ts";

const FILE = "package-lock.json";

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** Where Node would look for a package, nearest folder first. */
function* candidates(from: string, name: string): Generator<string> {
  for (let folder = from; folder !== ""; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (!folder.endsWith("node_modules")) yield `${folder}/node_modules/${name}`;
  }
  yield `node_modules/${name}`;
}

/**
 * Reports what would make the lock file work on its author's machine only: addresses of the registry it was resolved
 * from, and binaries for other platforms that npm left out because that registry did not have them.
 */
export function lockFile(root: string): readonly Problem[] {
  const problems: Problem[] = [];
  const { packages } = lock.parse(JSON.parse(readFileSync(join(root, FILE), "utf8")));
  for (const [path, { resolved, optionalDependencies = {} }] of Object.entries(packages)) {
    if (resolved?.includes("://") === true) {
      problems.push({ file: FILE, message: `${path} is resolved from ${resolved}: install with the root .npmrc` });
    }
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if ([...candidates(path, name)].some((candidate) => candidate in packages)) continue;
      problems.push({ file: FILE, message: `${path} lacks ${name} ${version}, which another platform needs` });
    }
  }
  return problems;
}
