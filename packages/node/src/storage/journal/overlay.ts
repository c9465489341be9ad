/** Records as they are read from the database, with what journals say in their place. */

import type { Operation } from "../database.ts";
import type { Cell } from "../tree-walk.ts";

export class Overlay {
  readonly #take: (record: Cell) => void;
  #operations: readonly Operation[] = [];
  #at = 0;

  /** `take` is given each record once, in the order of the keys. */
  constructor(take: (record: Cell) => void) {
    this.#take = take;
  }

  /** From the next record on, `operations` count, at most one for each key, in the order of the keys. */
  lay(operations: readonly Operation[]): void {
    this.#operations = operations;
    this.#at = 0;
  }

  /** A record of the database. */
  take(record: Cell): void {
    for (let next = this.#operations[this.#at]; next !== undefined; next = this.#operations[this.#at]) {
      const order = next.key.compare(record.bytes, record.keyAt, record.dataAt);
      if (order > 0) break;
      this.#at += 1;
      if (next.type === "put") this.#take(cellOf(next.key, next.bytes));
      if (order === 0) return;
    }
    this.#take(record);
  }

  /** The database has no more records. */
  end(): void {
    for (const operation of this.#operations.slice(this.#at)) {
      if (operation.type === "put") this.#take(cellOf(operation.key, operation.bytes));
    }
  }
}

function cellOf(key: Buffer, value: Buffer): Cell {
  const bytes = Buffer.concat([key, value]);
  return { bytes, keyAt: 0, dataAt: key.length, end: bytes.length };
}
