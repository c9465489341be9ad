/** What is acknowledged is there after a crash, whichever of the journals and the database has it by then. */

import { constants, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { log } from "@quorate/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../database.ts";
import type { Operation } from "../database.ts";
import { readRecords } from "../file-check.ts";
import { crashed, formerFrom, inFolder, open } from "../harness.ts";
import type { Durable } from "../harness.ts";
import { nameOf } from "../record.ts";
import { journalFile, SECTORS } from "./files.ts";
import { JournaledDatabase } from "./journaled.ts";
import { encodeOperations } from "./operations.ts";
import { readJournals } from "./read.ts";
import { SECTOR_BYTES, sectorsFor } from "./sectors.ts";

const EMPTY: Durable = { head: 0, entries: log.emptyLog(), snapshot: null };
const JOURNAL_BYTES = SECTORS * SECTOR_BYTES;

function grown(state: Durable, bytes: number): Durable {
  const index = log.lastIndex(state.entries) + 1;
  return { ...state, head: index, entries: log.append(state.entries, [`${index} ${"x".repeat(bytes)}`]) };
}

async function durableOf(directory: string): Promise<Durable | null> {
  const storage = await open(directory, { sync: false });
  await storage.close();
  return storage.durable;
}

/** Of how many kinds and numbers the records are that the database has by itself. */
function recordsIn(directory: string): readonly string[] {
  const names: string[] = [];
  readRecords(directory, (cell) => names.push(nameOf(cell).type));
  return names;
}

describe("after a crash", () => {
  test("all that was acknowledged is there, over many journals", async () => {
    // From less than a sector to more than the journal takes: those go to the database at once.
    const bytes = fc.oneof(fc.nat(500), fc.nat(100_000), fc.nat(1_000_000));
    const steps = fc.array(fc.record({ bytes, drops: fc.nat(3), crashes: fc.nat(3).map((n) => n === 0) }), {
      minLength: 1,
      maxLength: 25,
    });
    const property = fc.asyncProperty(steps, (sequence) =>
      inFolder(async (directory) => {
        let storage = await open(directory, { sync: false });
        let state = EMPTY;
        let where = directory;
        for (const [number, step] of sequence.entries()) {
          state = grown(state, step.bytes);
          if (step.drops === 0) state = { ...state, entries: log.dropThrough(state.entries, state.entries.before + 1) };
          if (step.drops === 1) state = { ...state, entries: log.truncateAfter(state.entries, state.entries.before) };
          await storage.write(state);
          if (!step.crashes) continue;
          const copy = crashed(where, `${number}`);
          await storage.close();
          expect(await durableOf(copy)).toStrictEqual(state);
          where = copy;
          storage = await open(where, { sync: false });
          state = storage.durable ?? expect.fail("there is a state");
        }
        await storage.close();
        expect(await durableOf(where)).toStrictEqual(state);
      }),
    );
    await fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 40_000 });
  });

  test("what is small is in the journal alone until it is full, and then in the database", () =>
    inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      let state = EMPTY;
      await storage.write((state = grown(state, 10)));
      expect(recordsIn(crashed(directory, "a"))).toEqual(["marker", "journal"]);
      for (let written = 0; written < 2 * JOURNAL_BYTES; written += 100_000) {
        await storage.write((state = grown(state, 100_000)));
      }
      // The first journal's file is taken again only when the database has what was in it.
      expect(recordsIn(crashed(directory, "b")).filter((type) => type === "entry").length).toBeGreaterThan(15);
      expect(await durableOf(crashed(directory, "c"))).toStrictEqual(state);
      await storage.close();
      expect(recordsIn(directory)).toHaveLength(3 + log.lastIndex(state.entries));
    }));

  test("a write that got through in part is none, and another one takes its place", () =>
    inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      const before = grown(EMPTY, 10);
      const after = grown(before, 3000);
      await storage.write(before);
      const earlier = crashed(directory, "earlier");
      await storage.write(after);
      const later = crashed(directory, "later");
      await storage.close();
      // Of the second entry's sectors the first few are as they were.
      const bytes = readJournalBytes(earlier);
      const torn = readJournalBytes(later);
      bytes.copy(torn, SECTOR_BYTES, SECTOR_BYTES, 3 * SECTOR_BYTES);
      writeFileSync(journalFile(later, 1), torn);
      expect(readJournals(later, 1)).toMatchObject({ number: 1, next: 2 });
      expect(await durableOf(later)).toStrictEqual(before);
      const again = await open(later, { sync: false });
      await again.write(after);
      const copy = crashed(later, "copy");
      await again.close();
      expect(await durableOf(copy)).toStrictEqual(after);
    }));

  test("where nothing was written since, the journal goes on", () =>
    inFolder(async (directory) => {
      await (await open(directory, { sync: false })).close();
      expect(readJournals(directory, 1)).toEqual({ number: 1, next: 1, operations: [] });
      const size = sizeOf(directory);
      for (let round = 0; round < 5; round++) await (await open(directory, { sync: false })).close();
      expect(readJournals(directory, 1)).toEqual({ number: 1, next: 1, operations: [] });
      expect(sizeOf(directory)).toBe(size);
    }));

  test("before a new directory's first record was written, it is made anew", () =>
    inFolder(async (directory) => {
      await (await open(directory, { sync: false })).close();
      const journal = readJournalBytes(directory);
      // The files of the journals come first, and the crash may leave any part of them.
      writeFileSync(`${directory}/data.mdb`, "");
      truncateSync(journalFile(directory, 1), 700);
      writeFileSync(journalFile(directory, 0), Buffer.alloc(3000));
      const storage = await open(directory, { sync: false });
      expect(storage.durable).toBeNull();
      await storage.close();
      expect(readJournalBytes(directory).equals(journal)).toBe(true);
    }));
});

test("a directory from before there were journals is read, and has them from then on", () =>
  inFolder(async (directory) => {
    const storage = await open(directory, { sync: false });
    const state = grown(grown(EMPTY, 10), 20);
    await storage.write(state);
    await storage.close();
    const former = await formerFrom(directory);
    expect(await durableOf(former)).toStrictEqual(state);
    expect(recordsIn(former).slice(0, 2)).toEqual(["marker", "journal"]);
    expect(await durableOf(former)).toStrictEqual(state);
  }));

test("what the database could not take in fails the writes that come after, and is in the journal", () =>
  inFolder(async (directory) => {
    await (await open(directory, { sync: false })).close();
    const taken: (readonly Operation[])[] = [];
    let isFull = false;
    const database = {
      commit(operations: readonly Operation[]) {
        if (isFull) return Promise.reject(new Error("no room"));
        taken.push(operations);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    const journals = readJournals(directory, 1);
    const journaled = await JournaledDatabase.open(directory, database, false, journals, []);
    expect(taken).toEqual([]);
    const key = Buffer.from([1]);
    const put = (text: string): Operation[] => [{ type: "put", key, bytes: Buffer.from(text.repeat(200_000)) }];
    isFull = true;
    let acknowledged = "";
    const writing = (async () => {
      for (const text of "abcdefghijklmnopqrstuvwxyz") {
        await journaled.commit(put(text));
        acknowledged = text;
      }
    })();
    await expect(writing).rejects.toThrow("no room");
    await expect(journaled.commit(put("z"))).rejects.toThrow("no room");
    await journaled.close();
    await journaled.commit([]);
    expect(acknowledged).not.toBe("");
    expect(readJournals(directory, 1).operations).toStrictEqual(put(acknowledged));
  }));

test("what the database could not take in and nobody was told of is told at the end", () =>
  inFolder(async (directory) => {
    await (await open(directory, { sync: false })).close();
    const database = {
      commit: () => Promise.reject(new Error("no room")),
      close: () => Promise.resolve(),
    };
    const journaled = await JournaledDatabase.open(directory, database, false, readJournals(directory, 1), []);
    const put = (number: number): Operation[] => {
      return [{ type: "put", key: Buffer.from([number]), bytes: Buffer.alloc(300_000, number) }];
    };
    // The last of these begins the second journal: the first one is on its way to the database.
    for (let number = 0; number < 7; number++) await journaled.commit(put(number));
    await expect(journaled.close()).rejects.toThrow("no room");
    expect(readJournals(directory, 1).operations).toHaveLength(7);
  }));

test.runIf(process.platform === "linux")(
  "no write to a journal returns before it is on the disk, unless that is not asked for",
  () =>
    inFolder(async (directory) => {
      for (const sync of [true, false]) {
        const storage = await open(directory, { sync });
        const flags = readdirSync("/proc/self/fd").flatMap((descriptor) => {
          try {
            if (!readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(`${directory}/journal-`)) return [];
            return [/^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1] ?? ""];
          } catch {
            // Another one that was closed meanwhile.
            return [];
          }
        });
        expect(flags.map((octal) => (parseInt(octal, 8) & constants.O_DSYNC) !== 0)).toEqual([sync, sync]);
        await storage.close();
      }
    }),
);

test("a journal's file is not taken again before the database has what is in it", () =>
  inFolder(async (directory) => {
    await (await open(directory, { sync: false })).close();
    const transfers: (() => void)[] = [];
    const database = {
      commit: () => new Promise<void>((resolve) => void transfers.push(resolve)),
      close: () => Promise.resolve(),
    };
    const journaled = await JournaledDatabase.open(directory, database, false, readJournals(directory, 1), []);
    const bytes = 100_000;
    const operationsOf = (number: number): Operation[] => {
      return [{ type: "put", key: Buffer.from([number]), bytes: Buffer.alloc(bytes, number) }];
    };
    const fitting = Math.floor((SECTORS - 1) / sectorsFor(encodeOperations(operationsOf(0)).length));
    let acknowledged = 0;
    const writing = (async () => {
      for (let number = 1; number <= 200 && transfers.length < 2; number++) {
        await journaled.commit(operationsOf(number));
        acknowledged = number;
      }
    })();
    // It writes on until the second file is full, and no further.
    await expect.poll(() => acknowledged, { timeout: 20_000 }).toBe(2 * fitting);
    expect(transfers).toHaveLength(1);
    expect(readJournals(directory, 1).operations).toHaveLength(acknowledged);
    transfers[0]?.();
    await writing;
    expect(acknowledged).toBe(2 * fitting + 1);
    transfers[1]?.();
    const closing = journaled.close();
    await expect.poll(() => transfers.length).toBe(3);
    transfers[2]?.();
    await closing;
  }));

/** Two files, of which the one of journal 1 is the second. */
function readJournalBytes(directory: string): Buffer {
  return Buffer.from(readFileSync(journalFile(directory, 1)));
}
