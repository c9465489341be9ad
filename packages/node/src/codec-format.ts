/** What the two sides of the codec share: see `codec.ts`. */

/** Deeper than anything that a member writes, and far from what would exhaust the stack. */
export const DEPTH_MAX = 128;

/** Each value takes up to some fifty bytes of memory, though only one of the bytes that came: so there is a limit. */
export const VALUES_MAX: number = 4 * 1024 * 1024;

export const TAG = {
  null: 0,
  false: 1,
  true: 2,
  integer: 3,
  negative: 4,
  narrow: 5,
  wide: 6,
  bytes: 7,
  array: 8,
  record: 9,
} as const;
export const SMALL_INTEGER = 0x40;
export const SHORT_STRING = 0x80;
/** The largest small integer, and the length of the longest short string. */
export const SMALL_MAX = 0x3f;

/** Something can't be written, or what was read is nothing that was written. */
export class CodecError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CodecError";
  }
}
