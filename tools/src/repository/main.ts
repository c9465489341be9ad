// Checks what no linter looks at: the repository as a whole. Runs as part of `npm run lint`; with --fix, as part of
// `npm run fix`, it mends first what it can.
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { fileLength } from "./fileLength.ts";
import { importDirection } from "./importDirection.ts";
import { lockFile } from "./lockFile.ts";
import { formatProblem } from "./problem.ts";
import { readmes } from "./readmes.ts";
import { fixSpecTable, specTable } from "./specTable.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const isFixing = argv.includes("--fix");
if (isFixing) fixSpecTable(root);
const problems = [fileLength, importDirection, lockFile, readmes, specTable].flatMap((check) => check(root));

for (const problem of problems) console.error(formatProblem(problem));
console.log(`${problems.length} repository problems`);
// What can't be mended is for `npm run lint` to fail on: the rest of the fixing goes on.
process.exitCode = problems.length === 0 || isFixing ? 0 : 1;
