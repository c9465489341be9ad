// Installs what is missing, so that every root script works on a fresh clone. Runs before anything is installed, and
// therefore imports nothing but Node's own modules and says in plain words what is wrong.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const readJson = (file) => JSON.parse(readFileSync(root + file, "utf8"));

function fail(message) {
  console.error(message);
  process.exit(1);
}

function requireNode() {
  const wanted = readJson("package.json").engines.node.replace(">=", "");
  const [major, minor] = wanted.split(".").map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  fail(`Quorate needs Node ${wanted} or newer; this is Node ${process.versions.node}.`);
}

/** What differs between the lock file and npm's own record of what it installed, or undefined when nothing does. */
function missing() {
  if (!existsSync(`${root}node_modules/.package-lock.json`)) return "node_modules";
  const wanted = readJson("package-lock.json").packages;
  const installed = readJson("node_modules/.package-lock.json").packages;
  for (const [path, entry] of Object.entries(wanted)) {
    // Optional packages are binaries for other platforms; paths outside node_modules are the workspaces themselves.
    if (entry.optional || !path.includes("node_modules/")) continue;
    const found = installed[path];
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) return path;
  }
  // npm links a command only if its file was there at the time.
  if (!existsSync(`${root}node_modules/.bin/check`)) return "node_modules/.bin/check";
  return undefined;
}

function install() {
  // Under `npm run` this is the very npm that runs the script.
  const npm = process.env.npm_execpath;
  const [command, ...before] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const { status, error } = spawnSync(command, [...before, "ci", "--include=dev", "--loglevel=error"], {
    cwd: root,
    // Installing is no result: standard output belongs to the command that runs next.
    stdio: ["ignore", process.stderr, process.stderr],
    shell: npm === undefined && process.platform === "win32",
  });
  if (error !== undefined) fail(`npm could not be started: ${error.message}`);
  if (status !== 0) fail(`npm ci failed (see above). Once it is mended, run the same command again.`);
}

requireNode();
const reason = missing();
if (reason !== undefined) {
  console.error(`Installing dependencies with npm ci, because ${reason} is missing or outdated ...`);
  install();
  const stillMissing = missing();
  if (stillMissing !== undefined) fail(`npm ci succeeded, yet ${stillMissing} is missing or outdated.`);
}
