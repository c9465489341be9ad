/** What is written is what is there after reopening, whatever was written before. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { log } from "@quorate/core";
import type { Log, Plain } from "@quorate/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inFolder, layout, open } from "./harness.ts";
import type { Durable } from "./harness.ts";

type Change =
  | { readonly type: "append"; readonly entries: readonly Plain[] }
  | { readonly type: "truncate" | "compact"; readonly by: number }
  | { readonly type: "head"; readonly head: Plain }
  | { readonly type: "snapshot"; readonly keep: readonly boolean[]; readonly chunks: readonly Plain[] }
  | { readonly type: "install"; readonly by: number; readonly chunks: readonly Plain[] }
  | { readonly type: "unshare" | "noSnapshot" };

const strings = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("\ud800", "a\udfff", "ÿ\0", "__proto__"),
);
const leaves = fc.oneof(
  fc.constantFrom<Plain[]>(
    null,
    true,
    false,
    0,
    63,
    64,
    -1,
    2 ** 53 - 1,
    1 - 2 ** 53,
    2 ** 31,
    2 ** 32,
    -(2 ** 31) - 1,
  ),
  fc.maxSafeInteger(),
  strings,
  fc.uint8Array().map((bytes): Plain => Uint8Array.from(bytes)),
);
const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    leaves,
    fc.array(tie("plain"), { maxLength: 4 }),
    fc.dictionary(strings, tie("plain"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const chunks = fc.array(plain, { maxLength: 4 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant("append"), entries: fc.array(plain, { maxLength: 40 }) }),
  fc.record({ type: fc.constantFrom("truncate", "compact"), by: fc.nat(50) }),
  fc.record({ type: fc.constant("head"), head: plain }),
  fc.record({ type: fc.constant("snapshot"), keep: fc.array(fc.boolean(), { maxLength: 8 }), chunks }),
  fc.record({ type: fc.constant("install"), by: fc.nat(1000), chunks }),
  fc.record({ type: fc.constantFrom("unshare", "noSnapshot") }),
);

function apply(state: Durable, next: Change): Durable {
  const { entries } = state;
  switch (next.type) {
    case "append":
      return { ...state, entries: log.append(entries, next.entries) };
    case "truncate":
      return {
        ...state,
        entries: log.truncateAfter(entries, Math.max(entries.before, log.lastIndex(entries) - next.by)),
      };
    case "compact":
      return { ...state, entries: log.dropThrough(entries, entries.before + next.by) };
    case "head":
      return { ...state, head: next.head };
    case "snapshot": {
      const kept = (state.snapshot?.chunks ?? []).filter((_, at) => next.keep[at] ?? false);
      return { ...state, snapshot: { head: next.keep, chunks: [...kept, ...next.chunks] } };
    }
    case "install":
      // A log that shares nothing with the one before, and may begin before it.
      return { ...state, entries: log.emptyLog(next.by), snapshot: { head: next.by, chunks: next.chunks } };
    case "unshare":
      return { ...state, entries: copied(entries) };
    case "noSnapshot":
      return { ...state, snapshot: null };
  }
}

function copied(entries: Log<Plain>): Log<Plain> {
  const all = log.slice(entries, log.firstIndex(entries), log.lastIndex(entries));
  return log.append(log.emptyLog(entries.before), structuredClone(all));
}

const INITIAL: Durable = { head: null, entries: log.emptyLog(), snapshot: null };

describe("after any changes", () => {
  test("a reopened storage holds the last state written, and nothing else", async () => {
    const steps = fc.array(fc.record({ change, reopens: fc.boolean() }), { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(steps, (sequence) =>
      inFolder(async (directory) => {
        let storage = await open(directory, { sync: false });
        expect(storage.durable).toBeNull();
        let state = INITIAL;
        for (const { change: next, reopens } of sequence) {
          state = apply(state, next);
          await storage.write(state);
          if (!reopens) continue;
          await storage.close();
          storage = await open(directory, { sync: false });
          expect(storage.durable).toStrictEqual(state);
          // It goes on from what was read, so that what storage believes to be on disk is put to use.
          state = storage.durable ?? INITIAL;
        }
        await storage.close();
        const last = await open(directory, { sync: false });
        await last.close();
        expect(last.durable).toStrictEqual(state);
      }),
    );
    await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 30_000 });
  });
});

describe("a write", () => {
  test("that changes nothing leaves the file alone", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      await storage.write({ ...INITIAL, head: { term: 1 } });
      const size = storage.size();
      for (let i = 0; i < 50; i++) await storage.write({ ...INITIAL, head: { term: 1 } });
      expect(storage.size()).toBe(size);
      await storage.close();
    }));

  test("of the latest of several states lets all their promises go", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      const states = Array.from({ length: 20 }, (_, term) => ({ ...INITIAL, head: { term } }));
      await Promise.all(states.map((state) => storage.write(state)));
      await storage.close();
      const again = await open(directory);
      expect(again.durable?.head).toEqual({ term: 19 });
      await again.close();
    }));

  test("of a snapshot that shares its chunks with the last one writes only the others", () =>
    inFolder(async (directory) => {
      const big = Array.from({ length: 64 }, (_, at) => ({ at, bytes: "x".repeat(64 * 1024) }));
      const storage = await open(directory, { sync: false });
      await storage.write({ ...INITIAL, snapshot: { head: 0, chunks: big } });
      const size = storage.size();
      for (let at = 1; at <= 20; at++) {
        await storage.write({ ...INITIAL, snapshot: { head: at, chunks: [...big, { at }] } });
      }
      // Written anew beside the old ones, the chunks would have doubled it.
      expect(storage.size()).toBeLessThan(size * 1.1);
      await storage.close();
    }));

  test("of a snapshot that was prepared holds what one without that holds, also where it is prepared in vain", () =>
    inFolder(async (directory) => {
      const big = Array.from({ length: 64 }, (_, at): Plain => [at, "x".repeat(64 * 1024)]);
      const storage = await open(directory, { sync: false });
      await storage.prepare([...big, "a leaf", null]);
      await storage.prepare(big);
      let state: Durable = { ...INITIAL, snapshot: { head: 0, chunks: [...big, "a leaf", null] } };
      await storage.write(state);
      const later = big.map((chunk, at) => (at % 2 === 0 ? chunk : [at, "later"]));
      await storage.prepare(later);
      await storage.write(INITIAL);
      // The chunks that were on the disk are written again, under other ids.
      state = { ...INITIAL, snapshot: { head: 1, chunks: later } };
      await storage.write(state);
      await storage.close();
      const again = await open(directory);
      expect(again.durable).toStrictEqual(state);
      await again.close();
    }));

  test("is prepared in many turns, between which others have theirs", () =>
    inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      const big = Array.from({ length: 64 }, (_, at): Plain => [at, "x".repeat(64 * 1024)]);
      let turns = 0;
      let isDone = false;
      const count = (): void => {
        turns += 1;
        if (!isDone) setImmediate(count);
      };
      count();
      await storage.prepare(big);
      isDone = true;
      expect(turns).toBeGreaterThan(10);
      // What is on the disk needs no turns.
      await storage.write({ ...INITIAL, snapshot: { head: 0, chunks: big } });
      turns = 0;
      isDone = false;
      count();
      await storage.prepare(big);
      isDone = true;
      expect(turns).toBe(1);
      await storage.close();
    }));

  test("after the storage is closed is refused", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      await storage.close();
      await expect(storage.write(INITIAL)).rejects.toThrow("closed");
    }));

  test("of what is not plain is refused", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      await expect(storage.write({ ...INITIAL, head: { x: 0.5 } })).rejects.toThrow("0.5 is no safe integer");
      await storage.close();
    }));
});

describe("a directory", () => {
  test("is open once at a time, and again after it was closed", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      await expect(open(directory)).rejects.toMatchObject({ fault: "locked" });
      await Promise.all([storage.close(), storage.close()]);
      await (await open(directory)).close();
    }));

  test("belongs to one member, cluster and format", () =>
    inFolder(async (directory) => {
      await (await open(directory)).close();
      const otherCluster = { identity: { clusterId: "c2", memberId: "m1" } };
      const otherMember = { identity: { clusterId: "c1", memberId: "m2" } };
      const otherFormat = { layout: { ...layout, format: "test/2" } };
      await expect(open(directory, otherCluster)).rejects.toMatchObject({ fault: "otherCluster" });
      await expect(open(directory, otherMember)).rejects.toMatchObject({ fault: "otherMember" });
      await expect(open(directory, otherFormat)).rejects.toMatchObject({ fault: "otherFormat" });
      await (await open(directory)).close();
    }));

  test("of an earlier format is read, and is one of the later format from then on", () =>
    inFolder(async (directory) => {
      const earlier = { layout: { ...layout, format: "test/0", earlierFormats: [] } };
      const storage = await open(directory, earlier);
      await storage.write({ ...INITIAL, head: { term: 7 } });
      await storage.close();
      const later = await open(directory);
      expect(later.durable?.head).toEqual({ term: 7 });
      await later.close();
      await expect(open(directory, earlier)).rejects.toMatchObject({
        fault: "otherFormat",
        message: expect.stringContaining("was written in the format test/1, and this version reads test/0.") as unknown,
      });
      const again = await open(directory);
      expect(again.durable?.head).toEqual({ term: 7 });
      await again.close();
    }));

  test("that can't be made is unusable", () =>
    inFolder(async (directory) => {
      writeFileSync(directory, "a file is in its place");
      await expect(open(directory)).rejects.toMatchObject({ fault: "unusable" });
      await expect(open(join(directory, "below"))).rejects.toMatchObject({ fault: "unusable" });
    }));
});
