/** Frames that wait for a connection, in order, bounded by their bytes. */

/** `number` is that of a question, and null for a message. */
export type Waiting = { readonly frame: Buffer; readonly number: number | null };

/** So many bytes of small frames go to the socket at once. */
const BATCH_BYTES = 64 * 1024;

export class SendQueue {
  #waiting: Waiting[] = [];
  /** Where the queue begins: what stands before was taken. */
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.frame.length;
  }

  /** The frames that go out next, together: at least one, unless the queue is empty. */
  take(): readonly Waiting[] {
    const start = this.#head;
    let bytes = 0;
    for (let next = this.#waiting[this.#head]; next !== undefined; next = this.#waiting[this.#head]) {
      if (bytes > 0 && bytes + next.frame.length > BATCH_BYTES) break;
      bytes += next.frame.length;
      this.#head += 1;
    }
    const taken = this.#waiting.slice(start, this.#head);
    this.#bytes -= bytes;
    // What was taken is let go once it makes up half of the array, so that each frame is moved once on average.
    if (2 * this.#head >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Empties the queue, and says what was in it. */
  clear(): readonly Waiting[] {
    const left = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    this.#bytes = 0;
    return left;
  }
}
