/** The checksum of a store: what goes into it, and in how many slices. */

import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashKv, hashKvInSlices } from "./hash.ts";
import { revisionOf, storeMachine } from "./index.ts";
import type { StoreState } from "./index.ts";
import { byKey, byVersion } from "./orders.ts";
import { commands } from "./testing/arbitraries.ts";
import { put, txn } from "./testing/requests.ts";
import { after, run } from "./testing/run.ts";
import { entriesFrom } from "./tree/read.ts";

/** Collects everything, puts it in order, and goes through it at once. */
function naiveHash(state: StoreState, last: number): number {
  const versions = [
    ...Array.from(entriesFrom(byKey, state.current, ""), (kv) => ({ kv, until: 0 })),
    ...entriesFrom(byVersion, state.history, { key: "", modRevision: 0 }),
  ].filter(({ kv }) => kv.modRevision <= last);
  versions.sort(({ kv: a }, { kv: b }) => (a.key === b.key ? a.modRevision - b.modRevision : a.key < b.key ? -1 : 1));
  const text = versions.map(({ kv, until }) => {
    const numbers = [kv.key.length, kv.value.length, kv.createRevision, kv.modRevision, kv.version, kv.lease];
    return `${numbers.join(" ")} ${until <= last ? until : 0} ${kv.key}${kv.value}`;
  });
  return crc32(Buffer.from(text.join(""), "latin1"));
}

test("it is that of all versions in the order of keys and revisions", () => {
  const sequences = fc.array(commands, { maxLength: 40, size: "max" });
  const property = fc.property(sequences, fc.nat(25), (sequence, offset) => {
    const { state } = run(storeMachine.initial, ...sequence);
    const revision = Math.max(1, revisionOf(state) - offset);
    expect(hashKv(state, revision)).toEqual({ hash: naiveHash(state, revision), compactRevision: state.compacted });
  });
  fc.assert(property, { numRuns: 300 });
});

function sliceCount(state: StoreState, revision: number): number {
  return Array.from(hashKvInSlices(state, revision)).length;
}

test("a slice has a thousand versions at most, those that do not count included", () => {
  const keys = (times: number) => Array.from({ length: 1_000 }, (_, n) => put(`${n}`, `${times}`));
  const state = after(...[1, 2, 3, 4, 5].map((times) => txn(keys(times))));
  expect(sliceCount(state, 0)).toBe(5);
  expect(sliceCount(state, 1)).toBe(5);
});

test("a slice has a megabyte of keys and values, and what the last of them is longer", () => {
  const value = "x".repeat(400_000);
  const state = after(...Array.from({ length: 9 }, (_, n) => put(`${n}`, value)));
  expect(sliceCount(state, 0)).toBe(3);
});
