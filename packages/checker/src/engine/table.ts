import { deepFreeze } from "../values/freeze.ts";
import { encode } from "../values/encode.ts";
import { fingerprintOf } from "./fingerprint.ts";

/**
 * Interns the values that can stand at one place of a state: each different value is encoded canonically once, frozen,
 * and is from then on a small integer, counted from 0 in the order of appearance.
 *
 * `lo` and `hi` hold the lanes of the values' fingerprints, by id. They are replaced when they grow: read them anew.
 */
export class Table<T> {
  readonly place: string;
  lo: Int32Array = new Int32Array(64);
  hi: Int32Array = new Int32Array(64);
  readonly #ids = new Map<string, number>();
  readonly #values: T[] = [];
  readonly #encodings: string[] = [];

  /** @param place what the values are, and where: it keeps the fingerprints of different places apart */
  constructor(place: string) {
    this.place = place;
  }

  get size(): number {
    return this.#values.length;
  }

  /** The id of `value`, which is frozen if it is new. */
  intern(value: T): number {
    const encoding = encode(value);
    const known = this.#ids.get(encoding);
    return known ?? this.#add(value, encoding);
  }

  value(id: number): T {
    const value = this.#values[id];
    if (value === undefined) throw new RangeError(`${this.place} has no value ${id}.`);
    return value;
  }

  encoding(id: number): string {
    const encoding = this.#encodings[id];
    if (encoding === undefined) throw new RangeError(`${this.place} has no value ${id}.`);
    return encoding;
  }

  #add(value: T, encoding: string): number {
    const id = this.#values.length;
    if (id === this.lo.length) {
      this.lo = grown(this.lo);
      this.hi = grown(this.hi);
    }
    const { lo, hi } = fingerprintOf(this.place, encoding);
    this.lo[id] = lo;
    this.hi[id] = hi;
    this.#values.push(deepFreeze(value));
    this.#encodings.push(encoding);
    this.#ids.set(encoding, id);
    return id;
  }
}

/** Twice as long, with what was there. */
export function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
