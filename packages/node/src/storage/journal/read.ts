/** What the journals of a directory hold that its database does not. */

import { corrupt, StorageError, systemError } from "../error.ts";
import type { Operation } from "../database.ts";
import { journalFile, readFile, readIfThere } from "./files.ts";
import { BEGIN_MARK, decodeOperations, END_MARK } from "./operations.ts";
import { holdsJournal, JournalFault, readJournal } from "./sectors.ts";

export type Journals = {
  /** The journal that the database speaks of. */
  readonly number: number;
  /** The one to go on with: nothing was written to it. */
  readonly next: number;
  /** The last operation on each key since the database was brought up to date, in the order of the keys. */
  readonly operations: readonly Operation[];
};

/**
 * The journals from `number` on, which the database speaks of: that one, and the one after it where it was filled.
 *
 * @throws StorageError `corrupt`, which names the file and what is wrong with it
 */
export function readJournals(directory: string, number: number): Journals {
  const first = readOne(directory, number);
  const second = readOne(directory, number + 1);
  if (!first.isContinued && second.isTouched) {
    const found = `journal ${number} has no end mark, and journal ${number + 1} was begun all the same`;
    throw corrupt(directory, `${found}: one of the journals or the database was put back from a copy`);
  }
  const latest = new Map<string, Operation>();
  for (const operation of [...first.operations, ...second.operations]) {
    latest.set(operation.key.toString("latin1"), operation);
  }
  const operations = [...latest.values()].sort((a, b) => Buffer.compare(a.key, b.key));
  if (first.isContinued) return { number, next: number + 2, operations };
  return { number, next: first.isTouched ? number + 1 : number, operations };
}

/**
 * For a directory whose database says nothing of journals: it has none, or was being given them when all stopped, unless they were
 * written to.
 *
 * @throws StorageError `corrupt` if they were
 */
export function demandNoJournals(directory: string): void {
  for (const number of [0, 1]) {
    const path = journalFile(directory, number);
    let bytes: Buffer | null;
    try {
      bytes = readIfThere(directory, number);
    } catch (error) {
      throw systemError(directory, `reading ${path}`, error);
    }
    if (bytes !== null && holdsJournal(bytes))
      throw corrupt(directory, `${path} was written to, and the database that it belongs to is gone`);
  }
}

type One = { readonly operations: readonly Operation[]; readonly isContinued: boolean; readonly isTouched: boolean };

function readOne(directory: string, number: number): One {
  try {
    const { entries, isTouched } = readJournal(readFile(directory, number), number);
    const operations: Operation[] = [];
    let isContinued = false;
    for (const [at, entry] of entries.entries()) {
      if (isContinued) throw new JournalFault(`has entry ${at + 1} after the end of journal ${number}`);
      isContinued = entry.equals(END_MARK);
      if (isContinued || entry.equals(BEGIN_MARK)) continue;
      const decoded = decodeOperations(entry);
      if (decoded === null) throw new JournalFault(`has entry ${at + 1} of journal ${number}, which can't be decoded`);
      operations.push(...decoded);
    }
    return { operations, isContinued, isTouched };
  } catch (error) {
    throw faultOf(directory, number, error);
  }
}

function faultOf(directory: string, number: number, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const path = journalFile(directory, number);
  if (error instanceof JournalFault) return corrupt(directory, `${path} ${error.message}`, { cause: error });
  return systemError(directory, `reading ${path}`, error);
}
