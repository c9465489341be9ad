/** A block of headers that can't be read. What comes after it on its connection can't be read either. */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
