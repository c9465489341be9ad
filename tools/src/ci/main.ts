// Prints "<passed> <failed>" for the report that vitest wrote: `tsx tools/src/ci/main.ts report.json`.
import { readFileSync } from "node:fs";
import { testCounts } from "./testCounts.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: tsx tools/src/ci/main.ts <report.json>");
const { passed, failed } = testCounts(JSON.parse(readFileSync(file, "utf8")));
console.log(`${passed} ${failed}`);
