/** The two files of a directory's journals, which take turns: journals with odd numbers are in one, with even ones in the other. */

import { closeSync, constants, fdatasync, fsyncSync, openSync, readFileSync, write, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { dataFile } from "../database.ts";
import { blankSectors, JournalFault, SECTOR_BYTES } from "./sectors.ts";

/** How many sectors a file has: 2 MiB. What is written until it is full reaches the database as one transaction. */
export const SECTORS = 4096;

const writeAt = promisify(write);
const flush = promisify(fdatasync);

export function journalFile(directory: string, number: number): string {
  return join(directory, `journal-${number % 2}`);
}

/** Makes both files anew, with nothing in them. */
export function createFiles(directory: string): void {
  const blank = blankSectors(SECTORS);
  for (const number of [0, 1]) {
    const file = openSync(journalFile(directory, number), "w", 0o600);
    try {
      for (let written = 0; written < blank.length;) written += writeSync(file, blank, written);
    } finally {
      closeSync(file);
    }
  }
}

/**
 * Flushes all that writes to a journal rest on: the database, the journals, and that they are where they are. The directory may
 * have been copied here a moment ago, or been written by a node that does not wait for its disk.
 */
export function flushAll(directory: string): void {
  for (const path of [dataFile(directory), journalFile(directory, 0), journalFile(directory, 1)]) flushPath(path);
  // Windows can't flush directories, and need not.
  if (process.platform === "win32") return;
  for (const path of [directory, dirname(directory)]) flushPath(path);
}

function flushPath(path: string): void {
  const descriptor = openSync(path, process.platform === "win32" ? "r+" : "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The whole file of a journal.
 *
 * @throws JournalFault if it is not there or has another length; and what the system throws
 */
export function readFile(directory: string, number: number): Buffer {
  const bytes = readIfThere(directory, number);
  if (bytes === null) throw new JournalFault("is missing");
  const whole = SECTORS * SECTOR_BYTES;
  if (bytes.length !== whole) throw new JournalFault(`has ${bytes.length} bytes in the place of ${whole}`);
  return bytes;
}

/** The file as it is, or null if there is none. */
export function readIfThere(directory: string, number: number): Buffer | null {
  try {
    return readFileSync(journalFile(directory, number));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** A file that is written to. */
export class JournalFile {
  readonly #file: number;
  /** Whether a write has to be flushed. On Linux it returns when it is on the disk, which saves a call. */
  readonly #flushes: boolean;

  constructor(directory: string, number: number, sync: boolean) {
    const atOnce = process.platform === "linux" && sync ? constants.O_DSYNC : 0;
    this.#file = openSync(journalFile(directory, number), constants.O_WRONLY | atOnce);
    this.#flushes = sync && atOnce === 0;
  }

  /** Writes sectors, the first at `place`. Resolves once they are on the disk. */
  async write(sectors: Buffer, place: number): Promise<void> {
    for (let written = 0; written < sectors.length;) {
      const left = sectors.length - written;
      const { bytesWritten } = await writeAt(this.#file, sectors, written, left, place * SECTOR_BYTES + written);
      written += bytesWritten;
    }
    if (this.#flushes) await flush(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}
