/** What is on disk and is not what was written is refused, and named. */

import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { log } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { dataFile, openDatabase } from "./database.ts";
import type { Operation } from "./database.ts";
import { readRecords } from "./file-check.ts";
import { crashed, formerFrom, inFolder, layout, open } from "./harness.ts";
import type { Durable } from "./harness.ts";
import type { Storage } from "./storage.ts";
import { journalFile, SECTORS } from "./journal/files.ts";
import { SECTOR_BYTES } from "./journal/sectors.ts";
import { chunkKey, entryKey, HEAD_KEY, JOURNAL_KEY, MARKER_KEY, seal, SNAPSHOT_KEY } from "./record.ts";

const entries = log.append(log.emptyLog(4), ["five", "six", "seven"]);
const STATE: Durable = { head: { term: 3 }, entries, snapshot: { head: { index: 4 }, chunks: [["a"], ["b"]] } };

/** The keys of what `open` and one write of STATE leave: the snapshot has the number 1, and its chunks 2 and 3. */
const records = [
  ["the marker record", MARKER_KEY],
  ["the journal record", JOURNAL_KEY],
  ["the head record", HEAD_KEY],
  ["the snapshot's head record", SNAPSHOT_KEY],
  ["the record of the snapshot's chunk 2", chunkKey(2)],
  ["the record of the snapshot's chunk 3", chunkKey(3)],
  ["the record of the log's entry 5", entryKey(5)],
  ["the record of the log's entry 6", entryKey(6)],
  ["the record of the log's entry 7", entryKey(7)],
] as const;

/** What opening says after the records have been changed behind storage's back. */
async function after(change: (bytesOf: (key: Buffer) => Buffer) => readonly Operation[]): Promise<unknown> {
  let said: unknown = null;
  await inFolder(async (directory) => {
    const storage = await open(directory);
    await storage.write(STATE);
    await storage.close();
    const found = new Map<string, Buffer>();
    readRecords(directory, ({ bytes, keyAt, dataAt, end }) => {
      found.set(bytes.toString("hex", keyAt, dataAt), Buffer.from(bytes.subarray(dataAt, end)));
    });
    const database = openDatabase(directory, false);
    await database.commit(change((key) => found.get(key.toString("hex")) ?? expect.fail("the record is there")));
    await database.close();
    said = await open(directory).then(
      async (again) => {
        await again.close();
        return again.durable;
      },
      (error: unknown) => error,
    );
    // The refusal gives the directory free.
    if (said instanceof Error) await expect(open(directory)).rejects.toThrow(said.message);
  });
  return said;
}

function corruptAt(name: string): unknown {
  return expect.objectContaining({ fault: "corrupt", message: expect.stringContaining(name) as unknown });
}

describe("a record", () => {
  test("that is as it was written is accepted", async () => {
    const rewritten = records.map(([, key]) => key);
    const said = await after((bytesOf) => rewritten.map((key) => ({ type: "put", key, bytes: bytesOf(key) })));
    expect(said).toStrictEqual(STATE);
  });

  test.each(records)("lost: %s", async (name, key) => {
    expect(await after(() => [{ type: "remove", key }])).toEqual(corruptAt(`${name} is missing`));
  });

  test.each(records)("with any one bit flipped: %s", async (name, key) => {
    for (const from of [0, 4, -1]) {
      const said = await after((bytesOf) => {
        const bytes = Buffer.from(bytesOf(key));
        const at = from < 0 ? bytes.length - 1 : from;
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
        return [{ type: "put", key, bytes }];
      });
      expect(said).toEqual(corruptAt(`${name} does not match its checksum`));
    }
  });

  test.each(records)("with nothing in it: %s", async (name, key) => {
    const said = await after(() => [{ type: "put", key, bytes: Buffer.from([0]) }]);
    expect(said).toEqual(corruptAt(`${name} does not match its checksum`));
  });

  test("that is another's, whole", async () => {
    const said = await after((bytesOf) => [{ type: "put", key: entryKey(5), bytes: bytesOf(entryKey(6)) }]);
    expect(said).toEqual(corruptAt("the log's entry 5 does not match its checksum"));
  });

  test("of no kind that there is", async () => {
    const key = Buffer.from([0x77, 1]);
    const said = await after(() => [{ type: "put", key, bytes: seal(key, 1) }]);
    expect(said).toEqual(corruptAt("a record with the unknown key 7701"));
  });

  test("that does not hold what it should", async () => {
    const said = await after(() => [{ type: "put", key: HEAD_KEY, bytes: seal(HEAD_KEY, { head: 1, before: 4 }) }]);
    expect(said).toEqual(corruptAt("the head record is not as this version writes it"));
  });
});

describe("records that do not belong together", () => {
  test.each([4, 8])("an entry outside of the log: %s", async (index) => {
    const key = entryKey(index);
    const said = await after(() => [{ type: "put", key, bytes: seal(key, "stray") }]);
    expect(said).toEqual(corruptAt(`there is the record of the log's entry ${index}, and the log goes from 5 to 7`));
  });

  test("an older snapshot's head", async () => {
    const bytes = seal(SNAPSHOT_KEY, { number: 0, head: { index: 4 }, chunks: [2, 3] });
    const said = await after(() => [{ type: "put", key: SNAPSHOT_KEY, bytes }]);
    expect(said).toEqual(corruptAt("the snapshot's head record is number 0, and the head record speaks of 1"));
  });

  test("a chunk of no snapshot", async () => {
    const said = await after(() => [{ type: "put", key: chunkKey(9), bytes: seal(chunkKey(9), 1) }]);
    expect(said).toEqual(corruptAt("no snapshot has the record of the snapshot's chunk 9"));
  });
});

/** The head that a directory opens with, or why it does not. */
function headOrError(directory: string): Promise<unknown> {
  return open(directory, { sync: false }).then(
    async (storage) => {
      await storage.close();
      return storage.durable?.head;
    },
    (error: unknown) => error,
  );
}

describe("journals", () => {
  /** What opening says after a crash with one write in each of two journals' files, and then `change` to the files. */
  async function afterCrash(change: (first: string, second: string, directory: string) => void): Promise<unknown> {
    let said: unknown = null;
    await inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      // Several of these fill a journal, and no one is so large that it goes to the database at once.
      const head = "x".repeat(400_000);
      for (let number = 0; number < 5; number++) await storage.write({ ...STATE, head: { number, head } });
      const copy = crashed(directory, "copy");
      await storage.close();
      expect(readFileSync(journalFile(copy, 2)).readUInt32LE(4)).toBe(2);
      change(journalFile(copy, 1), journalFile(copy, 2), copy);
      said = await headOrError(copy);
    });
    return said;
  }

  test("that are as they were left are read", async () => {
    expect(await afterCrash(() => undefined)).toMatchObject({ number: 4 });
  });

  test.each([
    ["is missing", (_: string, second: string) => rmSync(second)],
    ["has 5000 bytes in the place of 2097152", (_: string, second: string) => truncateSync(second, 5000)],
    ["has 0 bytes", (_: string, second: string) => truncateSync(second, 0)],
    [
      "a sector, 9, that does not match its checksum",
      (_: string, second: string) => flip(second, 9 * SECTOR_BYTES + 77),
    ],
    ["a sector, 0, that does not match its checksum", (_: string, second: string) => writeFileSync(second, zeros)],
    [
      "a sector, 0, of journal 1, and is read for journal 2: is it another file?",
      (first: string, second: string) => renameOver(first, second),
    ],
  ])("%s", async (what, change) => {
    expect(await afterCrash(change)).toEqual(corruptAt(what));
  });

  test("of which the database is gone", async () => {
    const said = await afterCrash((_, __, directory) => rmSync(dataFile(directory)));
    expect(said).toEqual(corruptAt("journal-0 was written to, and the database that it belongs to is gone"));
  });

  test("that are newer than the database, which was put back from a copy", () =>
    inFolder(async (directory) => {
      const storage = await open(directory);
      const copy = crashed(directory, "copy");
      await storage.write(STATE);
      await storage.close();
      const again = await open(directory);
      await again.write({ ...STATE, head: { term: 4 } });
      await again.close();
      const third = await open(directory);
      await third.write({ ...STATE, head: { term: 5 } });
      await third.close();
      cpSync(dataFile(copy), dataFile(directory));
      await expect(open(directory)).rejects.toMatchObject({
        fault: "corrupt",
        message: expect.stringContaining(
          "a sector, 0, of journal 3, and is read for journal 1: was the database put back",
        ) as unknown,
      });
    }));

  test("of which one begins before the other has ended", () =>
    inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      const head = "x".repeat(400_000);
      await storage.write({ ...STATE, head });
      const early = crashed(directory, "early");
      for (let number = 0; number < 5; number++) await storage.write({ ...STATE, head: { number, head } });
      const late = crashed(directory, "late");
      await storage.close();
      cpSync(journalFile(late, 2), journalFile(early, 2));
      await expect(open(early)).rejects.toMatchObject({
        fault: "corrupt",
        message: expect.stringContaining("journal 1 has no end mark, and journal 2 was begun all the same") as unknown,
      });
    }));
});

describe("a database that was put back from a copy is refused", () => {
  const large = (text: string): Durable => ({ ...STATE, head: text.repeat(600_000) });

  async function putBack(write: (storage: Storage<Durable>) => Promise<void>): Promise<unknown> {
    let said: unknown = null;
    await inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      await storage.write({ ...STATE, head: "small" });
      const early = crashed(directory, "early");
      await write(storage);
      const late = crashed(directory, "late");
      await storage.close();
      cpSync(dataFile(early), dataFile(late));
      said = await headOrError(late);
    });
    return said;
  }

  test.each([1, 2, 3])("where %s writes since were too large for the journal", async (count) => {
    const said = await putBack(async (storage) => {
      for (const text of "abc".slice(0, count)) await storage.write(large(text));
    });
    expect(said).toEqual(corruptAt("put back from a copy"));
  });

  test("where the journals have been filled since, more than once", async () => {
    const said = await putBack(async (storage) => {
      for (let number = 0; number < 11; number++) await storage.write({ ...STATE, head: `${number}`.repeat(400_000) });
    });
    expect(said).toEqual(corruptAt("put back from a copy"));
  });

  test("where it is from before there were journals", () =>
    inFolder(async (directory) => {
      const storage = await open(directory, { sync: false });
      await storage.write(STATE);
      await storage.close();
      const former = await formerFrom(directory);
      const copy = crashed(former, "copy");
      const upgraded = await open(former, { sync: false });
      await upgraded.write({ ...STATE, head: { term: 4 } });
      const late = crashed(former, "late");
      await upgraded.close();
      cpSync(dataFile(copy), dataFile(late));
      await expect(open(late)).rejects.toMatchObject(corruptAt("journal-1 was written to") as object);
      expect(readFileSync(journalFile(late, 1)).readUInt32LE(4)).toBe(1);
    }));
});

const zeros = Buffer.alloc(SECTORS * SECTOR_BYTES);

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

/** The first file in the place of the second as well. */
function renameOver(first: string, second: string): void {
  cpSync(first, second);
}

test("what another version of the store wrote is not read at all", async () => {
  const said = await after(() => [
    { type: "put", key: MARKER_KEY, bytes: seal(MARKER_KEY, { storeVersion: 7, more: true }) },
    { type: "put", key: HEAD_KEY, bytes: Buffer.from("another format") },
  ]);
  expect(said).toMatchObject({ fault: "otherVersion" });
});

test("what the layout does not take is corrupt, with its reason, and nothing is changed", () =>
  inFolder(async (folder) => {
    const storage = await open(folder);
    await storage.write(STATE);
    const directory = crashed(folder, "crashed");
    await storage.close();
    const before = readFileSync(dataFile(directory));
    const join = (): never => {
      throw new Error("no such term");
    };
    const opening = open(directory, { layout: { ...layout, join } });
    await expect(opening).rejects.toMatchObject({ fault: "corrupt", message: expect.stringContaining("no such term") });
    expect(readFileSync(dataFile(directory)).equals(before)).toBe(true);
  }));
