/**
 * A journal's file as sectors, the pieces that a disk writes whole or not at all.
 *
 * A write to the journal is one entry, in as many sectors as it takes. Each sector says by itself whether it is whole, where
 * it belongs, which journal and which entry it is of, and how many sectors that has. So what a reader finds is never open to
 * guesses: a sector is of this journal, or has not been written since an earlier one, or is damaged; and an entry that lacks
 * sectors was under way when all stopped if nothing was written after it, and is damaged otherwise.
 *
 * A sector: CRC-32 of the rest, the journal's number, the sector's place in the file, the entry's number in the journal, all
 * in four bytes; which of the entry's sectors it is and how many those are, in four bytes each; how many bytes it holds, in
 * four; and those. All numbers have their lowest byte first.
 */

import { crc32 } from "node:zlib";

export const SECTOR_BYTES = 512;
const HEADER_BYTES = 28;
const HELD_BYTES = SECTOR_BYTES - HEADER_BYTES;

/** How many sectors an entry of so many bytes takes. */
export function sectorsFor(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / HELD_BYTES));
}

/** The sectors of the entry `entry` of the journal `number`, of which the first is to stand at `place`. */
export function sealEntry(number: number, place: number, entry: number, held: Buffer): Buffer {
  const count = sectorsFor(held.length);
  const sectors = Buffer.alloc(count * SECTOR_BYTES);
  for (let index = 0; index < count; index++) {
    const sector = sectors.subarray(index * SECTOR_BYTES, (index + 1) * SECTOR_BYTES);
    const used = held.copy(sector, HEADER_BYTES, index * HELD_BYTES, (index + 1) * HELD_BYTES);
    seal(sector, { number, place: place + index, entry, index, count, used });
  }
  return sectors;
}

/** The sectors of a file that no journal has been written to: those of journal 0. */
export function blankSectors(count: number): Buffer {
  const sectors = Buffer.alloc(count * SECTOR_BYTES);
  for (let place = 0; place < count; place++) {
    const sector = sectors.subarray(place * SECTOR_BYTES, (place + 1) * SECTOR_BYTES);
    seal(sector, { number: 0, place, entry: 0, index: 0, count: 0, used: 0 });
  }
  return sectors;
}

type Header = {
  readonly number: number;
  readonly place: number;
  readonly entry: number;
  readonly index: number;
  readonly count: number;
  readonly used: number;
};

function seal(sector: Buffer, { number, place, entry, index, count, used }: Header): void {
  sector.writeUInt32LE(number, 4);
  sector.writeUInt32LE(place, 8);
  sector.writeUInt32LE(entry, 12);
  sector.writeUInt32LE(index, 16);
  sector.writeUInt32LE(count, 20);
  sector.writeUInt32LE(used, 24);
  sector.writeUInt32LE(crc32(sector.subarray(4)), 0);
}

/** Whether `file` has a sector that some journal was written to, whatever the rest of it is. */
export function holdsJournal(file: Buffer): boolean {
  for (let at = 0; at + SECTOR_BYTES <= file.length; at += SECTOR_BYTES) {
    const sector = file.subarray(at, at + SECTOR_BYTES);
    if (crc32(sector.subarray(4)) === sector.readUInt32LE(0) && sector.readUInt32LE(4) > 0) return true;
  }
  return false;
}

/** What is wrong with a journal's file, as the rest of a sentence that begins with its path. */
export class JournalFault extends Error {
  override readonly name = "JournalFault";
}

/** What a file holds of one journal: of each entry its bytes. One that was under way when all stopped is left out. */
export type JournalContents = {
  readonly entries: readonly Buffer[];
  /** Whether anything of it was written at all. */
  readonly isTouched: boolean;
};

/**
 * Reads what `file` holds of the journal `number`.
 *
 * @throws JournalFault if that can't be all that was written
 */
export function readJournal(file: Buffer, number: number): JournalContents {
  const headers = readHeaders(file);
  const isOf = (place: number): boolean => headers[place]?.number === number;
  for (const [place, header] of headers.entries()) {
    if (!mayHold(header.number, number)) throw new JournalFault(otherJournal(place, header.number, number));
  }
  const entries: Buffer[] = [];
  let place = 0;
  for (;;) {
    const first = headers[place];
    if (first === undefined || !isOf(place)) break;
    const of = { number, entry: entries.length + 1, count: first.count };
    if (!isWhole(headers, place, of)) break;
    entries.push(heldBy(file, headers, place, first.count));
    place += first.count;
  }
  const isTouched = entries.length > 0 || headers.some((_, at) => isOf(at));
  demandNoneAfter(headers, number, place, entries.length + 1);
  return { entries, isTouched };
}

/** Whether a file with the journal `number` may have sectors of journal `other`: of an earlier one that was in it, or of none. */
function mayHold(other: number, number: number): boolean {
  return other === 0 || (other <= number && other % 2 === number % 2);
}

function otherJournal(place: number, found: number, number: number): string {
  const guess = found > number ? "was the database put back from a copy?" : "is it another file?";
  return `has a sector, ${place}, of journal ${found}, and is read for journal ${number}: ${guess}`;
}

function readHeaders(file: Buffer): readonly Header[] {
  const headers: Header[] = [];
  for (let at = 0; at < file.length; at += SECTOR_BYTES) {
    const sector = file.subarray(at, at + SECTOR_BYTES);
    const place = at / SECTOR_BYTES;
    if (sector.length < SECTOR_BYTES || crc32(sector.subarray(4)) !== sector.readUInt32LE(0)) {
      throw new JournalFault(`has a sector, ${place}, that does not match its checksum`);
    }
    const header = {
      number: sector.readUInt32LE(4),
      place: sector.readUInt32LE(8),
      entry: sector.readUInt32LE(12),
      index: sector.readUInt32LE(16),
      count: sector.readUInt32LE(20),
      used: sector.readUInt32LE(24),
    };
    if (header.place !== place) throw new JournalFault(`has sector ${header.place} in the place of sector ${place}`);
    headers.push(header);
  }
  return headers;
}

type Of = { readonly number: number; readonly entry: number; readonly count: number };

function isPart(header: Header | undefined, { number, entry, count }: Of, index: number): boolean {
  if (header === undefined) return false;
  return header.number === number && header.entry === entry && header.count === count && header.index === index;
}

function isWhole(headers: readonly Header[], place: number, of: Of): boolean {
  for (let index = 0; index < of.count; index++) if (!isPart(headers[place + index], of, index)) return false;
  return of.count > 0;
}

function heldBy(file: Buffer, headers: readonly Header[], place: number, count: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = place; at < place + count; at++) {
    const from = at * SECTOR_BYTES + HEADER_BYTES;
    parts.push(file.subarray(from, from + (headers[at]?.used ?? 0)));
  }
  return Buffer.concat(parts);
}

/** From `place` on there is nothing of the journal but parts of the entry `entry`, which was then being written. */
function demandNoneAfter(headers: readonly Header[], number: number, place: number, entry: number): void {
  let count: number | null = null;
  for (let at = place; at < headers.length; at++) {
    const header = headers[at];
    if (header === undefined || header.number !== number) continue;
    count ??= header.count;
    if (!isPart(header, { number, entry, count }, at - place)) {
      throw new JournalFault(
        `has entry ${entry} of journal ${number} in part, and sector ${at}, which was written after it`,
      );
    }
  }
}
