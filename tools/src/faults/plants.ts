/**
 * Bugs for the harness to find: each is an edit of the node's source. Members that have one run as a copy of it; the source
 * itself stays as it is.
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MEMBER_PROGRAM } from "./member-process.ts";
import type { Fault } from "./schedule.ts";
import type { Violation } from "./judges.ts";

export type Plant = {
  readonly about: string;
  /** Who finds it. */
  readonly judge: Violation["of"];
  /** What it takes for the bug to show, one after the other and over again: this is not left to luck. */
  readonly faults: readonly Fault[];
  /** The file, in the sources of packages/node, and the text that stands in it exactly once, with what replaces it. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
};

export type PlantName =
  | "noSync"
  | "noDatabaseSync"
  | "staleReads"
  | "unequalStores"
  | "lostEvents"
  | "shortLeases"
  | "endlessLeases"
  | "wallLeases"
  | "wallTimers"
  | "hastySends"
  | "noReason";

const DAY_S = 86_400;

export const PLANTS: { readonly [name in PlantName]: Plant } = {
  noSync: {
    about: "no member waits for its disk",
    judge: "durability",
    faults: [],
    file: "node.ts",
    find: "sync: options.sync,",
    replace: "sync: false,",
  },
  noDatabaseSync: {
    about: "what journals have held is given to a database that does not wait for its disk",
    judge: "durability",
    faults: [],
    file: "storage/database.ts",
    find: "noSync: !sync,",
    replace: "noSync: true,",
  },
  staleReads: {
    about: "reads are answered from what a member happens to know",
    judge: "linearizability",
    faults: [{ type: "partition", places: [0], ms: 2_000 }],
    file: "server/barriers.ts",
    find: "  pass(): Promise<void> {",
    replace: "  pass(): Promise<void> {\n    if (this !== null) return Promise.resolve();",
  },
  unequalStores: {
    about: "how often a key was written is counted otherwise by each member",
    judge: "agreement",
    faults: [],
    file: "store/keys.ts",
    find: "(before?.version ?? 0) + 1",
    replace: "(before?.version ?? 0) + 1 + process.pid",
  },
  lostEvents: {
    about: "a watcher that has caught up misses the change after that",
    judge: "watch",
    faults: [],
    file: "api/watch/hub.ts",
    find: "?? Math.max(watcher.next, last + 1);",
    replace: "?? Math.max(watcher.next, last + 2);",
  },
  shortLeases: {
    about: "leases end after half their time",
    judge: "lease",
    faults: [],
    file: "server/lessor.ts",
    find: "this.#ends.at.set(id, this.#options.clock.now() + ttl * 1000);",
    replace: "this.#ends.at.set(id, this.#options.clock.now() + ttl * 500);",
  },
  endlessLeases: {
    about: "leases never end",
    judge: "lease",
    faults: [],
    file: "server/lessor.ts",
    find: `this.#options.propose({ type: "leaseExpire",`,
    replace: `void ({ type: "leaseExpire",`,
  },
  wallLeases: {
    about: "leases go by the wall clock",
    judge: "lease",
    faults: [{ type: "clock", places: "all", seconds: DAY_S, isBack: true, ms: 1_500 }],
    file: "server/member.ts",
    find: `    this.#lessor = new Lessor({
      clock: options.clock,`,
    replace: `    this.#lessor = new Lessor({
      clock: {
        now: () => Date.now(),
        alarm: (at, ring) => options.clock.alarm(options.clock.now() + at - Date.now(), ring),
      },`,
  },
  wallTimers: {
    about: "a member's timers go by the wall clock",
    judge: "progress",
    // No timer rings for a day, and then one is needed.
    faults: [
      { type: "clock", places: "all", seconds: -DAY_S, isBack: false, ms: 500 },
      { type: "kill", whom: "leader", ms: 500 },
    ],
    file: "shell/clock.ts",
    find: `  now: () => performance.now(),
  alarm(at, ring) {
    const handle = setTimeout(ring, Math.max(0, Math.ceil(at - performance.now())));`,
    replace: `  now: () => Date.now(),
  alarm(at, ring) {
    const handle = setTimeout(ring, Math.max(0, Math.ceil(at - Date.now())));`,
  },
  hastySends: {
    about: "messages leave before the disk holds what they promise",
    judge: "trace",
    faults: [],
    file: "shell/shell.ts",
    find: `if (effect.after === "now") this.#leave(`,
    replace: `if (effect.type === "send") this.#leave(`,
  },
  noReason: {
    about: "a member without room on its disk ends as if it had come to an error of its own",
    judge: "ending",
    faults: [{ type: "full", whom: "leader", roomBytes: 100_000, again: true, ms: 1_000 }],
    file: "cli/failures.ts",
    find: "full: EXIT.storage,",
    replace: "full: EXIT.internal,",
  },
};

export const PLANT_NAMES: readonly PlantName[] = Object.keys(PLANTS).filter(
  (name): name is PlantName => name in PLANTS,
);

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const NODE = join(ROOT, "packages/node");

/**
 * Writes a copy of the node with the bugs to `directory`, and returns the program that a member then runs as.
 *
 * @throws Error if an edit does not apply
 */
export function plantedProgram(directory: string, plants: readonly Plant[]): string {
  const node = join(directory, "node");
  cpSync(NODE, node, {
    recursive: true,
    filter: (path) => !path.includes("node_modules") && !path.endsWith(".test.ts"),
  });
  for (const plant of plants) {
    const file = join(node, "src", plant.file);
    writeFileSync(file, editOf(readFileSync(file, "utf8"), plant));
  }
  // What the node needs is where it always is, and `@quorate/node` is the copy.
  link(join(NODE, "node_modules"), join(node, "node_modules"));
  linkAll(join(ROOT, "node_modules"), join(directory, "node_modules"), "@quorate");
  linkAll(join(ROOT, "node_modules/@quorate"), join(directory, "node_modules/@quorate"), "node");
  link(node, join(directory, "node_modules/@quorate/node"));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  const program = join(directory, "member.ts");
  cpSync(MEMBER_PROGRAM, program);
  return program;
}

/** @throws Error if the text is not there exactly once */
export function editOf(source: string, { file, find, replace }: Plant): string {
  const times = source.split(find).length - 1;
  if (times !== 1)
    throw new Error(`The bug no longer applies: the text that it edits is ${times} times in ${file}:\n${find}`);
  return source.replace(find, () => replace);
}

function link(from: string, to: string): void {
  symlinkSync(from, to, "junction");
}

/** Links to all that is in one folder, other than `except`, from another. */
function linkAll(from: string, to: string, except: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) if (name !== except) link(join(from, name), join(to, name));
}
