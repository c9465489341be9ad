/** A set of pairs of ids, as a matrix of bits that grows in both directions: a look-up is one load. */
export class BitMatrix {
  /** How many words a row has; a power of two. */
  #stride = 1;
  #words: Int32Array = new Int32Array(16);

  /** 1 if the pair is in the set, 0 if it is not. */
  bit(row: number, column: number): number {
    const word = column >>> 5;
    const at = row * this.#stride + word;
    if (word >= this.#stride || at >= this.#words.length) return 0;
    return ((this.#words[at] as number) >>> (column & 31)) & 1;
  }

  add(row: number, column: number): void {
    const word = column >>> 5;
    while (word >= this.#stride) this.#widen();
    while ((row + 1) * this.#stride > this.#words.length) this.#lengthen();
    const at = row * this.#stride + word;
    this.#words[at] = (this.#words[at] as number) | (1 << (column & 31));
  }

  #widen(): void {
    const rows = this.#words.length / this.#stride;
    const wider = new Int32Array(this.#words.length * 2);
    for (let row = 0; row < rows; row++) {
      wider.set(this.#words.subarray(row * this.#stride, (row + 1) * this.#stride), row * this.#stride * 2);
    }
    this.#words = wider;
    this.#stride *= 2;
  }

  #lengthen(): void {
    const longer = new Int32Array(this.#words.length * 2);
    longer.set(this.#words);
    this.#words = longer;
  }
}
