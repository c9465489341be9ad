/**
 * Which faults come, when, how long they last and whom they hit. All of it is decided by a seed and none of it by what
 * happens, so that a seed has one schedule. Members are places, from 0, each taken by one member at a time, or the leader.
 */

import type { Random } from "./random.ts";

/** A place, or whoever leads when the fault begins. */
export type Whom = number | "leader";

/** What is done to a file, with places as shares of its length in millionths. */
export type Damage =
  | { readonly type: "flip"; readonly at: number; readonly bit: number }
  | { readonly type: "cut"; readonly at: number }
  /** The last pages are gone. */
  | { readonly type: "cutPages"; readonly pages: number }
  /** Of the last page only the first sectors have been written, the others are zero. */
  | { readonly type: "tornEnd"; readonly sectors: number }
  /** One of the two pages that say what counts, torn in the same way. */
  | { readonly type: "tornHead"; readonly page: 0 | 1; readonly sectors: number }
  /** A page lies where another should. */
  | { readonly type: "misplaced"; readonly from: number; readonly to: number }
  | { readonly type: "empty" }
  | { readonly type: "gone" };

/** Which of a member's files. */
type DamagedFile = "data.mdb" | "journal-0" | "journal-1" | "member.json";

/** How a member makes room for another: first the new one comes, the old one goes, or the old one is lost with its disk. */
type Order = "newFirst" | "oldFirst" | "lost";

/** Times are in milliseconds. */
export type Fault =
  | { readonly type: "kill"; readonly whom: Whom; readonly ms: number }
  | { readonly type: "killAll" }
  | { readonly type: "pause"; readonly whom: Whom; readonly ms: number }
  | { readonly type: "partition"; readonly places: readonly number[]; readonly ms: number }
  | { readonly type: "asymmetric"; readonly whom: Whom; readonly isMute: boolean; readonly ms: number }
  | { readonly type: "partial"; readonly places: readonly number[]; readonly ms: number }
  | { readonly type: "slow"; readonly whom: Whom; readonly delayMs: number; readonly ms: number }
  /** To the first of two places that does not lead already. */
  | { readonly type: "transfer"; readonly places: readonly number[] }
  | { readonly type: "rolling" }
  | { readonly type: "churn"; readonly whom: Whom; readonly order: Order; readonly ms: number }
  | { readonly type: "damage"; readonly whom: Whom; readonly damage: Damage; readonly file: DamagedFile }
  /** `roomBytes` is what is left to write; `again` says whether the member is started while there is none. */
  | {
      readonly type: "full";
      readonly whom: Whom;
      readonly roomBytes: number;
      readonly again: boolean;
      readonly ms: number;
    }
  /** The wall clocks of these members jump to so many seconds ahead, and back after a while, or only by a later jump. */
  | {
      readonly type: "clock";
      readonly places: readonly number[] | "all";
      readonly seconds: number;
      readonly isBack: boolean;
      readonly ms: number;
    };

export type FaultName = Fault["type"];

/** A fault, and how long to wait before it. */
export type Planned = { readonly restMs: number; readonly fault: Fault };

type Plan<F extends Fault> = (random: Random, size: number) => F;

const SECTORS = 8;
const MILLION = 1_000_000;
/** About a timer, more than a lease, and more than anything that runs. */
const JUMPS_S: readonly number[] = [1, 10, 600, 86_400];

const PLANS: { readonly [name in FaultName]: Plan<Extract<Fault, { readonly type: name }>> } = {
  kill: (random, size) => ({ type: "kill", whom: whom(random, size), ms: aWhile(random) }),
  killAll: () => ({ type: "killAll" }),
  pause: (random, size) => ({ type: "pause", whom: whom(random, size), ms: aWhile(random) }),
  partition: (random, size) => {
    const few = random.integer(1, Math.floor((size - 1) / 2));
    return { type: "partition", places: random.some(places(size), few), ms: aWhile(random) };
  },
  asymmetric: (random, size) => ({
    type: "asymmetric",
    whom: whom(random, size),
    isMute: random.chance(50),
    ms: aWhile(random),
  }),
  partial: (random, size) => ({ type: "partial", places: random.some(places(size), 2), ms: aWhile(random) }),
  slow: (random, size) => ({
    type: "slow",
    whom: whom(random, size),
    delayMs: random.integer(20, 400),
    ms: aWhile(random),
  }),
  transfer: (random, size) => ({ type: "transfer", places: random.some(places(size), 2) }),
  rolling: () => ({ type: "rolling" }),
  churn: (random, size) => ({
    type: "churn",
    whom: whom(random, size),
    order: random.pick<Order>(["newFirst", "oldFirst", "lost"]),
    ms: aWhile(random),
  }),
  damage: (random, size) => ({
    type: "damage",
    whom: whom(random, size),
    damage: DAMAGES[random.integer(0, DAMAGES.length - 1)]?.(random) ?? { type: "empty" },
    file: random.pick(DAMAGED_FILES),
  }),
  full: (random, size) => ({
    type: "full",
    whom: whom(random, size),
    roomBytes: random.integer(0, 300_000),
    again: random.chance(50),
    ms: aWhile(random),
  }),
  clock: (random, size) => ({
    type: "clock",
    places: random.some(places(size), random.integer(1, size)),
    seconds: random.pick(JUMPS_S) * (random.chance(50) ? 1 : -1),
    isBack: random.chance(50),
    ms: aWhile(random),
  }),
};

/** The database as often as all others. */
const DAMAGED_FILES: readonly DamagedFile[] = [
  ...Array.from({ length: 4 }, () => "data.mdb" as const),
  "journal-0",
  "journal-1",
  "journal-1",
  "member.json",
];

const DAMAGES: readonly ((random: Random) => Damage)[] = [
  (random) => ({ type: "flip", at: random.integer(0, MILLION - 1), bit: random.integer(0, 7) }),
  (random) => ({ type: "cut", at: random.integer(0, MILLION - 1) }),
  (random) => ({ type: "cutPages", pages: random.integer(1, 4) }),
  (random) => ({ type: "tornEnd", sectors: random.integer(0, SECTORS - 1) }),
  (random) => ({ type: "tornHead", page: random.chance(50) ? 0 : 1, sectors: random.integer(0, SECTORS - 1) }),
  (random) => ({ type: "misplaced", from: random.integer(0, MILLION - 1), to: random.integer(0, MILLION - 1) }),
  () => ({ type: "empty" }),
  () => ({ type: "gone" }),
];

export const FAULT_NAMES: readonly FaultName[] = Object.keys(PLANS).filter((name): name is FaultName => name in PLANS);

export type ScheduleOptions = {
  readonly random: Random;
  /** How many places there are. */
  readonly size: number;
  /** Those that may come, each as often as the others. */
  readonly faults: readonly FaultName[];
};

/** Faults without end, unless there are none. */
export function* schedule({ random, size, faults }: ScheduleOptions): Generator<Planned, void> {
  while (faults.length > 0) {
    const restMs = random.integer(200, 1_000);
    yield { restMs, fault: PLANS[random.pick(faults)](random, size) };
  }
}

/** These over and over again. */
export function* repeat(faults: readonly Fault[]): Generator<Planned, void> {
  while (faults.length > 0) for (const fault of faults) yield { restMs: 500, fault };
}

/** About as long as some elections take. */
function aWhile(random: Random): number {
  return random.integer(300, 2_500);
}

/** The leader is hit more often than the others: most that can go wrong, goes wrong there. */
function whom(random: Random, size: number): Whom {
  return random.chance(30) ? "leader" : random.integer(0, size - 1);
}

function places(size: number): readonly number[] {
  return Array.from({ length: size }, (_, place) => place);
}
