/** Snapshots: how large their chunks are, which stay the same, and what is refused. */

import type { Plain } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { keyCountOf, lessorTermOf, storeMachine } from "./index.ts";
import type { StoreState } from "./index.ts";
import { put } from "./testing/requests.ts";
import { after, run } from "./testing/run.ts";
import type { StoreCommand } from "./types.ts";

function toChunks(state: StoreState): readonly Plain[] {
  return storeMachine.toChunks(state);
}

function fromChunks(chunks: readonly Plain[]): StoreState {
  return storeMachine.fromChunks(chunks);
}

const COUNT = 20_000;

function name(at: number): string {
  return `key ${String(at).padStart(6, "0")}`;
}

const many: StoreState = after(
  { type: "lessor", term: 7 },
  { type: "leaseGrant", id: "7", ttl: 1 },
  ...Array.from({ length: COUNT }, (_, at): StoreCommand => put(name(at), "v".repeat(100))),
);

describe("chunks", () => {
  test("are few, and none is large", () => {
    const chunks = toChunks(many);
    expect(chunks.length).toBeLessThan(COUNT / 300);
    for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThan(512 * 1024);
  });

  test("are the same as before, but for those of what has changed", () => {
    const before = new Set(toChunks(many));
    const later = run(many, put(name(77), "other")).state;
    const chunks = toChunks(later);
    // The manifest, a leaf of keys, one of history and one of changes.
    expect(chunks.filter((chunk) => !before.has(chunk))).toHaveLength(4);
    expect(
      toChunks(later)
        .slice(1)
        .every((chunk, at) => chunk === chunks[at + 1]),
    ).toBe(true);
  });

  test("become a store whose snapshot they are", () => {
    const chunks = toChunks(many);
    const copy = fromChunks(chunks);
    expect(copy).toEqual(many);
    expect(
      toChunks(copy)
        .slice(1)
        .every((chunk, at) => chunk === chunks[at + 1]),
    ).toBe(true);
    expect([keyCountOf(copy), lessorTermOf(copy), copy.grants]).toEqual([COUNT, 7, 1]);
  });

  test("hold a large value alone", () => {
    const large = after(put("a", "1"), put("b", "x".repeat(1_500_000)), put("c", "1"));
    const sizes = toChunks(large).map((chunk) => JSON.stringify(chunk).length);
    expect(sizes.filter((size) => size > 1_500_000)).toHaveLength(1);
    expect(Math.max(...sizes)).toBeLessThan(1_500_200);
  });

  test("of an empty store are one", () => {
    expect(toChunks(storeMachine.initial)).toHaveLength(1);
    expect(fromChunks(toChunks(storeMachine.initial))).toEqual(storeMachine.initial);
  });
});

describe("what is no snapshot is refused", () => {
  const small = after({ type: "leaseGrant", id: "7", ttl: 1 }, put("a", "1", { lease: "7" }), put("a", "2"));
  const [manifest, ...leaves] = toChunks(small) as readonly [{ readonly [name: string]: Plain }, ...Plain[]];
  const kv = { key: "a", value: "2", createRevision: 2, modRevision: 3, version: 2, lease: "0" };

  test("the one that the others are made of is none of them", () => {
    expect(fromChunks([manifest, ...leaves])).toEqual(small);
    expect(leaves[0]).toEqual([[kv]]);
  });

  test.each<readonly [string, readonly Plain[], string]>([
    ["no chunks", [], "begins with a manifest"],
    ["no manifest", leaves, "begins with a manifest"],
    ["another format", [{ ...manifest, format: 1 }, ...leaves], "begins with a manifest of format 2"],
    ["a revision that is none", [{ ...manifest, revision: 0 }, ...leaves], "begins with a manifest"],
    ["members that are none", [{ ...manifest, members: [{}] }, ...leaves], "begins with a manifest"],
    ["trees that are none", [{ ...manifest, trees: {} }, ...leaves], "begins with a manifest"],
    ["a chunk too few", [manifest, ...leaves.slice(1)], "tells of 5 chunks; here are 4"],
    ["a chunk too many", [manifest, ...leaves, []], "tells of 5 chunks; here are 6"],
    [
      "chunks in another order",
      [manifest, ...leaves.toReversed()],
      'chunk 1 of a snapshot holds entries of the tree "current"',
    ],
    ["no list", [manifest, null, ...leaves.slice(1)], "chunk 1"],
    ["a key that is no bytes", [manifest, [[{ ...kv, key: "Ā" }]], ...leaves.slice(1)], "chunk 1"],
    ["a version of the future", [manifest, [[{ ...kv, modRevision: 4 }]], ...leaves.slice(1)], "chunk 1"],
    ["a key twice", [manifest, [[kv, kv]], ...leaves.slice(1)], "in order"],
    ["an empty leaf", [manifest, [], ...leaves.slice(1)], "from 1 to 32 runs"],
  ])("%s", (_what, chunks, message) => {
    expect(() => fromChunks(chunks)).toThrow(message);
    expect(() => fromChunks(chunks)).toThrow(expect.objectContaining({ name: "InvariantViolation" }));
  });
});
