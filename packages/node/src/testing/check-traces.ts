import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/**
 * Has `check trace` look at what the nodes of a test have written: the node does not import the checker, but may be held
 * against it.
 *
 * @throws Error (by rejection) with what it has found
 */
export function checkTraces(files: readonly string[]): Promise<void> {
  const logs = files.filter((file) => existsSync(file));
  if (logs.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const words = ["packages/checker/bin/check.mjs", "trace", ...logs];
    execFile(process.execPath, words, { cwd: ROOT }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`check trace has found something:\n${stdout}${stderr}`, { cause: error }));
    });
  });
}
