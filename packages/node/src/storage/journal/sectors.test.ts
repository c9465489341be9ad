/** Whatever becomes of a journal's file, what is read from it is what was written, or it is refused. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blankSectors,
  holdsJournal,
  JournalFault,
  readJournal,
  sealEntry,
  SECTOR_BYTES,
  sectorsFor,
} from "./sectors.ts";

const SECTORS = 24;

/** Entries of no bytes, of less than a sector, and of several. */
const entry = fc
  .oneof(fc.constantFrom(0, 1, 483, 484, 485), fc.nat(2000))
  .chain((length) => fc.nat(255).map((fill) => Buffer.alloc(length, fill)));
const someEntries = fc.array(entry, { minLength: 1, maxLength: 6 });

type Written = {
  readonly file: Buffer;
  readonly number: number;
  readonly entries: readonly Buffer[];
  /** The sectors of the last entry. */
  readonly last: { readonly from: number; readonly count: number };
};

/** A file to which an earlier journal was written, and then the journal `number`, as far as there is room. */
function written(earlier: readonly Buffer[], entries: readonly Buffer[]): Written {
  const file = blankSectors(SECTORS);
  append(file, 1, earlier);
  return { file, number: 3, ...append(file, 3, entries) };
}

function append(file: Buffer, number: number, entries: readonly Buffer[]): Pick<Written, "entries" | "last"> {
  const fitting: Buffer[] = [];
  let last = { from: 0, count: 0 };
  for (const held of entries) {
    const from = last.from + last.count;
    const count = sectorsFor(held.length);
    if (from + count > SECTORS) break;
    sealEntry(number, from, fitting.length + 1, held).copy(file, from * SECTOR_BYTES);
    fitting.push(held);
    last = { from, count };
  }
  return { entries: fitting, last };
}

const files = fc.tuple(fc.array(entry, { maxLength: 6 }), someEntries).map(([a, b]) => written(a, b));

describe("a journal's file", () => {
  test("gives back what was written to it, whatever an earlier journal has left there", () => {
    fc.assert(
      fc.property(files, ({ file, number, entries }) => {
        expect(readJournal(file, number)).toStrictEqual({ entries, isTouched: entries.length > 0 });
        expect(readJournal(file, number + 2)).toStrictEqual({ entries: [], isTouched: false });
        expect(holdsJournal(file)).toBe(true);
      }),
    );
  });

  test("to which nothing was written holds no journal", () => {
    const blank = blankSectors(SECTORS);
    expect(readJournal(blank, 1)).toStrictEqual({ entries: [], isTouched: false });
    expect([holdsJournal(blank), holdsJournal(Buffer.alloc(5000))]).toEqual([false, false]);
  });

  test("may lack any sectors of its last entry, which was then being written", () => {
    fc.assert(
      fc.property(files, fc.array(fc.boolean(), { minLength: SECTORS, maxLength: SECTORS }), (whole, lacks) => {
        const { file, number, entries, last } = whole;
        fc.pre(entries.length > 0 && lacks.slice(0, last.count).includes(true));
        const before = blankSectors(SECTORS);
        const torn = Buffer.from(file);
        for (let index = 0; index < last.count; index++) {
          if (lacks[index] === true) copySector(before, torn, last.from + index, last.from + index);
        }
        expect(readJournal(torn, number).entries).toStrictEqual(entries.slice(0, -1));
      }),
    );
  });

  test("may lack no sector of another entry", () => {
    fc.assert(
      fc.property(files, fc.nat(), (whole, which) => {
        const { file, number, last } = whole;
        fc.pre(last.from > 0);
        const place = which % last.from;
        copySector(blankSectors(SECTORS), file, place, place);
        expect(() => readJournal(file, number)).toThrow(JournalFault);
      }),
    );
  });

  test("is refused with any bit flipped", () => {
    fc.assert(
      fc.property(files, fc.nat(SECTORS * SECTOR_BYTES - 1), fc.nat(7), ({ file, number }, at, bit) => {
        file.writeUInt8(file.readUInt8(at) ^ (1 << bit), at);
        expect(() => readJournal(file, number)).toThrow(
          `a sector, ${Math.floor(at / SECTOR_BYTES)}, that does not match its checksum`,
        );
      }),
    );
  });

  test("is refused with one sector in the place of another", () => {
    fc.assert(
      fc.property(files, fc.nat(SECTORS - 1), fc.nat(SECTORS - 1), ({ file, number }, from, to) => {
        fc.pre(from !== to);
        copySector(file, file, from, to);
        expect(() => readJournal(file, number)).toThrow(`has sector ${from} in the place of sector ${to}`);
      }),
    );
  });

  test("is refused with zeros, with less than a sector at its end, and if a later journal was written to it", () => {
    const { file, number } = written([], [Buffer.alloc(700, 7)]);
    const zeros = Buffer.from(file).fill(0, 20 * SECTOR_BYTES);
    expect(() => readJournal(zeros, number)).toThrow("has a sector, 20, that does not match its checksum");
    expect(() => readJournal(file.subarray(0, -1), number)).toThrow(JournalFault);
    expect(() => readJournal(file, 1)).toThrow("has a sector, 0, of journal 3");
  });
});

function copySector(from: Buffer, to: Buffer, source: number, target: number): void {
  from.copy(to, target * SECTOR_BYTES, source * SECTOR_BYTES, (source + 1) * SECTOR_BYTES);
}
