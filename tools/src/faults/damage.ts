/**
 * A member's files are damaged while it is down: a bit, a cut, a page that was only half written. It either refuses to start,
 * and is given back what was there before, or the damage hit what nobody reads, and it has forgotten nothing.
 */

import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { inspectStorage } from "@quorate/node";
import type { Inspection } from "@quorate/node";
import { EndedError } from "./member-process.ts";
import type { Damage, Fault } from "./schedule.ts";
import { demandExit, memberOf } from "./stage.ts";
import type { Exit, Stage } from "./stage.ts";

/** What LMDB and disks write at a time, in bytes. */
const PAGE = 4_096;
const SECTOR = 512;
/** What a member ends with that finds its data damaged, or not there: see the exit codes in the README of packages/node. */
const DAMAGED: Exit = { code: 74, reason: /is corrupt: .* (cluster|copy)/ };
const UNFIT: Exit = { code: 78, reason: /(belongs to|is not|is damaged|has served|was made) .*/ };

export async function damageData(
  stage: Stage,
  { whom, damage, file: which }: Extract<Fault, { readonly type: "damage" }>,
): Promise<void> {
  const { cluster, note, complain } = stage;
  const name = await memberOf(stage, whom);
  note(`kill -9 ${name}, and damage its ${which}: ${JSON.stringify(damage)}`);
  await cluster.kill(name);
  const directory = cluster.dataDirectory(name);
  const before = await inspectStorage(directory);
  if (before.type !== "sound") complain(`${name} was killed, and what it left is ${textOf(before)}`);
  const file = join(directory, which);
  const whole = readFileSync(file);
  damageFile(file, whole, damage);
  const after = await inspectStorage(directory);
  if (after.type === "sound" && !isSame(before, after)) {
    complain(
      `${name} takes its damaged data for sound, and they hold ${textOf(after)} in the place of ${textOf(before)}`,
    );
  }
  if (await refuses(stage, name)) {
    writeFileSync(file, whole);
    await cluster.start(name);
  } else if (after.type !== "sound") complain(`${name} serves with data that are ${textOf(after)}`);
}

async function refuses(stage: Stage, name: string): Promise<boolean> {
  try {
    await stage.cluster.start(name);
    stage.note(`  ${name} starts: nobody reads what is damaged`);
    return false;
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    demandExit(stage, name, error.ending, [DAMAGED, UNFIT]);
    stage.note(`  ${name} refuses to start, and gets back what it had`);
    return true;
  }
}

function isSame(a: Inspection, b: Inspection): boolean {
  return a.type === "sound" && b.type === "sound" && isDeepStrictEqual(a.contents, b.contents);
}

function textOf(inspection: Inspection): string {
  if (inspection.type === "refused") return `refused: ${inspection.fault.message}`;
  return inspection.type === "empty" ? "empty" : JSON.stringify(inspection.contents);
}

/** Writes the file anew, with the damage done to `whole`. */
export function damageFile(file: string, whole: Buffer, damage: Damage): void {
  const byte = (at: number): number => Math.floor((at / 1_000_000) * whole.length);
  const page = (at: number): number => Math.floor(byte(at) / PAGE) * PAGE;
  const damaged = Buffer.from(whole);
  switch (damage.type) {
    case "flip": {
      const at = byte(damage.at);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << damage.bit), at);
      return writeFileSync(file, damaged);
    }
    case "cut":
      return truncateSync(file, byte(damage.at));
    case "cutPages":
      return truncateSync(file, Math.max(0, whole.length - damage.pages * PAGE));
    case "tornEnd":
      damaged.fill(0, Math.max(0, whole.length - PAGE + damage.sectors * SECTOR));
      return writeFileSync(file, damaged);
    case "tornHead":
      damaged.fill(0, damage.page * PAGE + damage.sectors * SECTOR, (damage.page + 1) * PAGE);
      return writeFileSync(file, damaged);
    case "misplaced":
      whole.copy(damaged, page(damage.to), page(damage.from), page(damage.from) + PAGE);
      return writeFileSync(file, damaged);
    case "empty":
      return truncateSync(file, 0);
    case "gone":
      return rmSync(file);
  }
}
