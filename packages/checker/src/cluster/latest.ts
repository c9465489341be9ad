import type { Sink } from "../engine/system.ts";

/** Keeps the last state emitted. */
export class Latest implements Sink {
  words: Int32Array = new Int32Array(0);
  readonly at = 0;
  length = 0;
  lo = 0;
  hi = 0;

  reserve(length: number): void {
    if (length > this.words.length) this.words = new Int32Array(length);
  }

  readonly passesOver = false;

  dismisses(): boolean {
    return false;
  }

  passOver(): void {}

  emit(length: number, lo: number, hi: number): boolean {
    this.length = length;
    this.lo = lo;
    this.hi = hi;
    return true;
  }
}
