/** Numbers in a row, of which one is changed, or those up to a place are summed up, in O(log n): a Fenwick tree (1994). */
export class PrefixSums {
  /** The one at `i` sums up as many numbers up to place `i - 1` as its lowest bit that is set says. */
  readonly #sums: Int32Array;
  /** How many sums were looked at. */
  steps: number = 0;

  /** `length` zeros. */
  constructor(length: number) {
    this.#sums = new Int32Array(length + 1);
  }

  /** A place after the last one is nobody's: what is added there is seen in no sum. */
  add(place: number, amount: number): void {
    for (let i = place + 1; i < this.#sums.length; i += i & -i) {
      this.steps += 1;
      this.#sums[i] = (this.#sums[i] ?? 0) + amount;
    }
  }

  /** The sum of the numbers up to, and with, that at `place`. */
  upTo(place: number): number {
    let sum = 0;
    for (let i = place + 1; i > 0; i -= i & -i) {
      this.steps += 1;
      sum += this.#sums[i] ?? 0;
    }
    return sum;
  }
}
