/**
 * A database behind a journal: what is committed is flushed to the journal, by one write, and reaches the database later, many
 * commits as one transaction.
 *
 * A commit of LMDB's own waits for the disk twice, and rewrites the pages on the way to each record. The journal waits once
 * and writes what was asked. When a journal is full, the next one begins in the other file, and what the full one holds goes to
 * the database meanwhile, with the number of the journal that is valid from then on; after that its file is free.
 */

import { systemError } from "../error.ts";
import type { Database, Operation } from "../database.ts";
import { JOURNAL_KEY, seal } from "../record.ts";
import { createFiles, flushAll, JournalFile, SECTORS } from "./files.ts";
import { BEGIN_MARK, encodeOperations, END_MARK } from "./operations.ts";
import type { Journals } from "./read.ts";
import { sealEntry, sectorsFor } from "./sectors.ts";

/** What takes more than a quarter of a journal is given to the database at once. */
const ENTRY_SECTORS_MAX = SECTORS / 4;

export class JournaledDatabase implements Database {
  readonly #directory: string;
  readonly #database: Database;
  /** Of journals with an even number, and with an odd one. */
  readonly #files: readonly [JournalFile, JournalFile];
  #number: number;
  #entries = 0;
  /** Where the next entry begins. */
  #place = 0;
  /** What the journal has and the database has not, nor is being given: the last operation on each key. */
  #pending = new Map<string, Operation>();
  #transfer: Promise<void> = Promise.resolve();
  /** Why nothing is written any more. */
  #failure: { readonly error: unknown } | null = null;
  /** Whether a commit has told of the failure. */
  #isTold = false;

  private constructor(
    directory: string,
    database: Database,
    number: number,
    files: readonly [JournalFile, JournalFile],
  ) {
    this.#directory = directory;
    this.#database = database;
    this.#number = number;
    this.#files = files;
  }

  /**
   * @param journals what the directory's hold; null if there are none, and they are made
   * @param marker what else the database has to take in before anything is written
   * @throws StorageError
   */
  static async open(
    directory: string,
    database: Database,
    sync: boolean,
    journals: Journals | null,
    marker: readonly Operation[],
  ): Promise<JournaledDatabase> {
    const operations = [...marker, ...(journals?.operations ?? [])];
    const number = journals?.next ?? 1;
    const files = openFiles(directory, sync, journals === null);
    const journaled = new JournaledDatabase(directory, database, number, files);
    try {
      if (operations.length > 0 || number !== journals?.number) await journaled.#give(operations);
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
    return journaled;
  }

  /** One at a time. From the first failure on, every call fails alike. */
  async commit(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    try {
      this.#demandSound();
      const held = encodeOperations(operations);
      const sectors = sectorsFor(held.length);
      if (sectors > ENTRY_SECTORS_MAX) return await this.#commitAtOnce(operations);
      // Room for its end is kept.
      if (this.#place + sectors >= SECTORS) await this.#turn();
      await this.#append(held);
      this.#keep(operations);
    } catch (error) {
      this.#failure ??= { error };
      this.#isTold = true;
      throw error;
    }
  }

  /**
   * Afterwards the database has everything, if nothing has failed.
   *
   * @throws StorageError (by rejection) if something has, and no commit has told of it. What was acknowledged is in the journals.
   */
  async close(): Promise<void> {
    try {
      await this.#transfer;
      if (!this.#isTold) this.#demandSound();
      if (this.#failure === null && this.#pending.size > 0) await this.#give(this.#begin(this.#number + 1));
    } finally {
      for (const file of this.#files) file.close();
      await this.#database.close();
    }
  }

  async #append(held: Buffer): Promise<void> {
    const place = this.#place;
    const sectors = sealEntry(this.#number, place, this.#entries + 1, held);
    try {
      await this.#files[this.#number % 2 === 0 ? 0 : 1].write(sectors, place);
    } catch (error) {
      throw systemError(this.#directory, "writing its journal", error);
    }
    this.#entries += 1;
    this.#place = place + sectorsFor(held.length);
  }

  #keep(operations: readonly Operation[]): void {
    for (const operation of operations) this.#pending.set(operation.key.toString("latin1"), operation);
  }

  /** Ends a full journal and begins the next one, once the database has what is in the file that this one takes. */
  async #turn(): Promise<void> {
    await this.#transferred();
    await this.#append(END_MARK);
    const full = this.#begin(this.#number + 1);
    this.#transfer = this.#give(full).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /**
   * What is too large for the journal makes the database take in all that is older with it, in one transaction. The mark tells a
   * database from before that, which was put back, that it is not the one that this journal belongs to.
   */
  async #commitAtOnce(operations: readonly Operation[]): Promise<void> {
    await this.#transferred();
    this.#keep(operations);
    await this.#give(this.#begin(this.#number + 1));
    await this.#append(BEGIN_MARK);
  }

  /** Waits for what is on its way to the database, which may not have got there. */
  async #transferred(): Promise<void> {
    await this.#transfer;
    this.#demandSound();
  }

  #demandSound(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Goes on with another journal, and returns what came before it. */
  #begin(number: number): readonly Operation[] {
    const operations = [...this.#pending.values()];
    this.#pending = new Map();
    this.#number = number;
    this.#entries = 0;
    this.#place = 0;
    return operations;
  }

  #give(operations: readonly Operation[]): Promise<void> {
    return this.#database.commit([...operations, this.#valid(this.#number)]);
  }

  /** Says that the journals before `number` are in the database. */
  #valid(number: number): Operation {
    return { type: "put", key: JOURNAL_KEY, bytes: seal(JOURNAL_KEY, { number }) };
  }
}

/** Both files, for journals with an even and an odd number. With `sync` all that there is on the disk is flushed. */
function openFiles(directory: string, sync: boolean, areNew: boolean): readonly [JournalFile, JournalFile] {
  let even: JournalFile | null = null;
  try {
    if (areNew) createFiles(directory);
    if (sync) flushAll(directory);
    even = new JournalFile(directory, 0, sync);
    return [even, new JournalFile(directory, 1, sync)];
  } catch (error) {
    even?.close();
    throw systemError(directory, "opening its journals", error);
  }
}
