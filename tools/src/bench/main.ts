/**
 * `npm run bench`: how fast the checker is, how much memory it takes, and how fast Raft's steps are. Machines are noisy:
 * compare the ratios, which come from one run. `npm run bench raft` and `npm run bench checker` do one half each.
 */

import { argv } from "node:process";
import { benchChecker } from "./checker.ts";
import { benchRaft } from "./raft.ts";

const sections = argv.slice(2);
const isAsked = (section: string): boolean => sections.length === 0 || sections.includes(section);

const areCountsSame = isAsked("checker") ? await benchChecker() : true;
if (isAsked("raft")) await benchRaft();
if (!areCountsSame) process.exitCode = 1;
