import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard } from "./inventory.ts";

/**
 * Those of the guards of a folder of core that tell the compiler what a value is: without one of them the file has a type
 * error. `root` is the repository's folder, `folder` a path below `packages/core/src`.
 *
 * Each file without one of its guards is compiled beside all the others as they are, all of them at once.
 */
export function uncompiledWithout(root: string, folder: string, guards: readonly Guard[]): ReadonlySet<string> {
  const copy = mkdtempSync(join(tmpdir(), "quorate-guards-"));
  try {
    const core = join(copy, "packages/core");
    cpSync(join(root, "packages/core/src"), join(core, "src"), { recursive: true });
    for (const file of ["tsconfig.base.json", "packages/core/tsconfig.json", "packages/core/package.json"])
      cpSync(join(root, file), join(copy, file));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    for (const [at, { without }] of guards.entries())
      writeFileSync(join(core, "src", folder, `${PREFIX}${at}.ts`), without);
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, "--pretty", "false", "--project", core], {
      encoding: "utf8",
    });
    const errors = stdout.split("\n").filter((line) => /^\S.*: error TS\d+: /.test(line));
    const other = errors.find((line) => !line.includes(PREFIX));
    if (errors.length === 0 || other !== undefined) throw new Error(`The compiler says: ${other ?? stdout + stderr}`);
    return new Set(
      guards.filter((_, at) => errors.some((line) => line.includes(`${PREFIX}${at}.ts`))).map(({ name }) => name),
    );
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const PREFIX = "without-guard-";
