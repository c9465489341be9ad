/** What can happen to a Raft cluster, as plain data that fast-check generates and shrinks. */

import fc from "fast-check";
import type { NodeId } from "../protocol.ts";
import type { RaftRequest, RaftTimer } from "../raft/types.ts";
import { arbitrarySchedule } from "./schedule.ts";

/**
 * One thing that happens, beyond what happens to any cluster.
 *
 * - flow: all disks write and up to `count` messages arrive, the oldest first, or in any order unless `shuffle` is 0.
 *   After each `bounce` of them, if that is not 0, the receiver crashes once it has answered, and starts again
 * - fire: a timer of that name fires at `count` nodes; of all clocks at once, where it is `tick`, so that they do not part
 * - partition: messages between `side` and the others are lost from now on; heal: no longer
 * - ask: a request is made, mostly of a leader. Commands, ids and snapshots are filled in then
 */
export type Happening =
  | { readonly type: Performed; readonly which: number }
  | { readonly type: "flow"; readonly count: number; readonly shuffle: number; readonly bounce: number }
  | { readonly type: "fire"; readonly timer: RaftTimer; readonly which: number; readonly count: number }
  | { readonly type: "partition"; readonly side: readonly NodeId[] }
  | { readonly type: "heal" }
  | { readonly type: "ask"; readonly which: number; readonly request: Asked };

/** What is as it is in any schedule. */
type Performed = "deliver" | "persist" | "flush" | "start" | "duplicate" | "lose" | "crash";

/** A request, but for what is filled in when it is made: see `RaftClients`. */
export type Asked =
  | { readonly type: "broadcast"; readonly count: number }
  | { readonly type: "read" }
  | { readonly type: "compact"; readonly keep: number }
  | Extract<RaftRequest, { readonly type: "changeMembership" | "transferLeadership" }>;

const WHICH_MAX = 2 ** 20 - 1;

/** How often each comes up. Elections are rare and messages flow, or nothing would ever be committed. */
const PERFORMED: readonly (readonly [Performed, number])[] = [
  ["deliver", 20],
  ["persist", 8],
  ["flush", 6],
  ["start", 6],
  ["duplicate", 5],
  ["lose", 3],
  ["crash", 1],
];
const FIRED: readonly (readonly [RaftTimer, number])[] = [
  ["election", 8],
  ["heartbeat", 2],
  ["tick", 6],
  ["transfer", 2],
];

/** Any list of up to `lengthMax` things that may happen to a cluster of `nodes`, a long one as likely as a short one. */
export function schedules(nodes: readonly NodeId[], lengthMax: number): fc.Arbitrary<readonly Happening[]> {
  return fc.noBias(arbitrarySchedule(happenings(nodes), lengthMax));
}

function happenings(nodes: readonly NodeId[]): fc.Arbitrary<Happening> {
  const which = fc.nat(WHICH_MAX);
  return fc.oneof(
    ...weighted(PERFORMED, (type) => fc.record({ type: fc.constant(type), which })),
    ...weighted(FIRED, (timer) =>
      fc.record({
        type: fc.constant("fire" as const),
        timer: fc.constant(timer),
        which,
        count: fc.constantFrom(1, 1, 2, 3),
      }),
    ),
    {
      arbitrary: fc.record({
        type: fc.constant("flow" as const),
        count: fc.oneof(fc.nat(8), fc.nat(60), fc.nat(60)),
        shuffle: fc.oneof(fc.constant(0), which),
        bounce: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 })),
      }),
      weight: 24,
    },
    { arbitrary: fc.record({ type: fc.constant("partition" as const), side: fc.subarray([...nodes]) }), weight: 1 },
    { arbitrary: fc.constant({ type: "heal" } as const), weight: 2 },
    { arbitrary: fc.record({ type: fc.constant("ask" as const), which, request: requests(nodes) }), weight: 24 },
  );
}

function weighted<K, T>(
  weights: readonly (readonly [K, number])[],
  make: (name: K) => fc.Arbitrary<T>,
): readonly { readonly arbitrary: fc.Arbitrary<T>; readonly weight: number }[] {
  return weights.map(([name, weight]) => ({ arbitrary: make(name), weight }));
}

function requests(nodes: readonly NodeId[]): fc.Arbitrary<Asked> {
  const change = fc
    .tuple(fc.subarray([...nodes], { minLength: 2 }), fc.subarray([...nodes], { maxLength: 2 }))
    .map(([voters, learners]) => ({
      type: "changeMembership" as const,
      voters,
      learners: learners.filter((node) => !voters.includes(node)),
    }));
  const to = fc.constantFrom(...nodes);
  return fc.oneof(
    {
      arbitrary: fc.record({ type: fc.constant("broadcast" as const), count: fc.integer({ min: 1, max: 10 }) }),
      weight: 12,
    },
    { arbitrary: fc.constant({ type: "read" } as const), weight: 6 },
    { arbitrary: fc.record({ type: fc.constant("compact" as const), keep: fc.nat(20) }), weight: 3 },
    { arbitrary: fc.record({ type: fc.constant("transferLeadership" as const), to }), weight: 2 },
    { arbitrary: change, weight: 2 },
  );
}
