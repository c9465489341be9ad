// Checks what no linter looks at: the repository as a whole. Runs as part of `npm run lint`.
import { fileURLToPath } from "node:url";
import { fileLength } from "./fileLength.ts";
import { importDirection } from "./importDirection.ts";
import { lockFile } from "./lockFile.ts";
import { formatProblem } from "./problem.ts";
import { readmes } from "./readmes.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const problems = [fileLength, importDirection, lockFile, readmes].flatMap((check) => check(root));

for (const problem of problems) console.error(formatProblem(problem));
console.log(`${problems.length} repository problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
