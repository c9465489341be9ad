import { ABSENT } from "./pair-map.ts";

const EMPTY = new Int32Array(0);
const CAPACITY_MIN = 8;

/** A map from ids to ids, dense: `get` answers ABSENT for what was not set. */
export class IdMap {
  /** By id, the value plus one, so that zero means absent. */
  #values = EMPTY;

  get(id: number): number {
    return id < this.#values.length ? (this.#values[id] as number) - 1 : ABSENT;
  }

  set(id: number, value: number): void {
    if (id >= this.#values.length) {
      const larger = new Int32Array(Math.max(CAPACITY_MIN, this.#values.length * 2, id + 1));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[id] = value + 1;
  }
}
