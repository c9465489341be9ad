// Runs turbo tasks: `node tools/tasks.mjs types lint`. A script of its own because npm scripts have no portable way
// to set an environment variable, and that is the only way to turn turbo's telemetry off for everyone.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const turbo = fileURLToPath(import.meta.resolve("turbo/bin/turbo"));
// Every task runs to its end, so that one call shows everything that is red.
const { status, error } = spawnSync(process.execPath, [turbo, "run", ...process.argv.slice(2), "--continue=always"], {
  stdio: "inherit",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
