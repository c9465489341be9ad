/** The store against its naive twin, under random commands. A failure prints a seed and the shortest commands that fail. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { eventsSince, hashKv, leaseOf, leasesOf, range, revisionOf, sizeOf, storeMachine } from "./index.ts";
import type { StoreState } from "./index.ts";
import { commands, rangeOps } from "./testing/arbitraries.ts";
import { NaiveStore } from "./testing/naive.ts";
import { get } from "./testing/requests.ts";
import type { StoreCommand, StoreResult } from "./types.ts";

// Long ones, where fast-check would mostly choose few commands, after which there is little to see.
const sequences = fc.array(commands, { maxLength: 40, size: "max" });

/** Stops at what is frozen already: the pieces that a state shares with the one before. */
function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

/** Applies commands to both, on states and commands that nobody can change. */
function run(sequence: readonly StoreCommand[]): { readonly state: StoreState; readonly naive: NaiveStore } {
  const naive = new NaiveStore();
  let state = storeMachine.initial;
  freeze(state);
  for (const [index, command] of sequence.entries()) {
    freeze(command);
    expect(storeMachine.isCommand(command)).toBe(true);
    const { state: after, result } = storeMachine.apply(state, command, index);
    const expected: StoreResult = naive.apply(command);
    expect(result, JSON.stringify(command)).toEqual(expected);
    if (!result.ok) expect(after).toBe(state);
    freeze(after);
    state = after;
  }
  return { state, naive };
}

test("results are the same, and all revisions that are kept", () => {
  const property = fc.property(sequences, (sequence) => {
    const { state, naive } = run(sequence);
    expect(revisionOf(state)).toBe(naive.revision);
    for (let revision = 0; revision <= naive.revision + 1; revision++) {
      const op = get("", "\0", { revision });
      const answer = range(state, op);
      expect(answer.ok ? answer.value : answer.error).toEqual(naive.range(op));
    }
  });
  fc.assert(property, { numRuns: 400 });
});

test("any range is the same", () => {
  const property = fc.property(sequences, fc.array(rangeOps, { minLength: 10, maxLength: 10 }), (sequence, ops) => {
    const { state, naive } = run(sequence);
    for (const op of ops) {
      expect(storeMachine.isQuery(op)).toBe(true);
      const answer = range(state, op);
      expect(answer.ok ? answer.value : answer.error, JSON.stringify(op)).toEqual(naive.range(op));
      expect(storeMachine.read(state, op)).toEqual(answer);
    }
  });
  fc.assert(property, { numRuns: 200 });
});

test("events after the compaction are the same", () => {
  const property = fc.property(sequences, fc.nat(25), (sequence, offset) => {
    const { state, naive } = run(sequence);
    const from = Math.max(2, naive.compacted + 1) + offset;
    const expected = naive.events.map((events, revision) => ({
      revision,
      events: events.map((event) => (revision - 1 < naive.compacted ? { ...event, prevKv: null } : event)),
    }));
    expect([...eventsSince(state, from)]).toEqual(expected.slice(from));
  });
  fc.assert(property, { numRuns: 200 });
});

test("leases have the keys that carry their ids", () => {
  const property = fc.property(sequences, (sequence) => {
    const { state, naive } = run(sequence);
    const expected = ["7", "10"].filter((id) => naive.leases.has(id));
    expect(leasesOf(state)).toEqual(expected);
    for (const id of expected) {
      const keys = naive.keysOf(id);
      expect(leaseOf(state, id)).toEqual({ id, ttl: naive.leases.get(id), keys });
    }
  });
  fc.assert(property, { numRuns: 200 });
});

test("no more is kept than can be seen, and its size is known", () => {
  const property = fc.property(sequences, (sequence) => {
    const { state, naive } = run(sequence);
    const kept = Math.max(naive.compacted, 1);
    // A version that a deletion of its own revision took away is seen in events alone.
    const versions = new Set(
      naive.contents
        .slice(kept)
        .flatMap((contents) => [...contents.values()].map((kv) => `${kv.key}@${kv.modRevision}`)),
    );
    for (const events of naive.events.slice(kept + 1)) {
      for (const { type, kv } of events) if (type === "put") versions.add(`${kv.key}@${kv.modRevision}`);
    }
    expect(state.current.count + state.history.count).toBe(versions.size);
    expect(sizeOf(state)).toBe(sizeOf(storeMachine.fromChunks(storeMachine.toChunks(state))));
  });
  fc.assert(property, { numRuns: 200 });
});

test("a snapshot is the whole store, and one made of it is the same", () => {
  const property = fc.property(sequences, sequences, (before, after) => {
    const { state } = run(before);
    const chunks = storeMachine.toChunks(state);
    const copy = storeMachine.fromChunks(JSON.parse(JSON.stringify(chunks)));
    expect(copy).toEqual(state);
    expect(storeMachine.toChunks(copy)).toEqual(chunks);
    const resume = (from: StoreState): StoreState =>
      after.reduce((last, command, index) => storeMachine.apply(last, command, index).state, from);
    expect(resume(copy)).toEqual(resume(state));
  });
  fc.assert(property, { numRuns: 200 });
});

test("members that have compacted alike have the same hash at the same revision, however far each is", () => {
  const property = fc.property(sequences, sequences, (before, after) => {
    const { state } = run(before);
    const later = after
      .filter(({ type }) => type !== "compact")
      .reduce((last, command, index) => storeMachine.apply(last, command, index).state, state);
    expect(hashKv(later, revisionOf(state))).toEqual(hashKv(state, 0));
    if (revisionOf(later) > revisionOf(state)) expect(hashKv(later, 0)).not.toEqual(hashKv(state, 0));
  });
  fc.assert(property, { numRuns: 200 });
});
