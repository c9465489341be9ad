import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Has `check trace` look at what members have written. The complaint is null if it has none. */
export function checkTraces(
  files: readonly string[],
): Promise<{ readonly summary: string; readonly complaint: string | null }> {
  return new Promise((resolve) => {
    const words = ["packages/checker/bin/check.mjs", "trace", ...files];
    execFile(process.execPath, words, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const [summary = "nothing"] = stdout.split("\n");
      resolve({ summary, complaint: error === null ? null : `${stdout}${stderr}` });
    });
  });
}
