// Runs all tests under the newest long-term-support line of Node. npm serves each platform's binary as a package, so
// nothing has to be installed by hand: `npm run test:node-lts`, with arguments for vitest after `--`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const LTS_LINE = 24;
const platform = process.platform === "win32" ? "win" : process.platform;
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));

const npm = ["exec", "--yes", `--package=node-${platform}-${process.arch}@${LTS_LINE}`, "--", "node"];
for (const command of [["--version"], [vitest, "run", ...process.argv.slice(2)]]) {
  const { status, error } = spawnSync("npm", [...npm, ...command], {
    stdio: "inherit",
    // npm is a command file on Windows, which only a shell can start.
    shell: process.platform === "win32",
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
