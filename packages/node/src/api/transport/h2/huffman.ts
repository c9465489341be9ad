/**
 * Huffman's code of HPACK: RFC 7541, appendix B. The code is canonical, so the lengths say it all: codes of one length follow
 * each other in the order of their symbols, and shorter ones come first.
 */

import { HpackError } from "./hpack-error.ts";

/** The end of a string, which never appears in one as a whole: its first bits fill up the last byte. */
const END = 256;

/** The symbols by the lengths of their codes in bits, which no length goes beyond. */
const SYMBOLS: ReadonlyMap<number, readonly number[]> = new Map([
  [5, codesOf("012aceiost")],
  [6, codesOf(" %-./3456789=A_bdfghlmnpru")],
  [7, codesOf(":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz")],
  [8, codesOf("&*,;XZ")],
  [10, codesOf('!"()?')],
  [11, codesOf("'+|")],
  [12, codesOf("#>")],
  [13, codesOf("\0$@[]~")],
  [14, codesOf("^}")],
  [15, codesOf("<`{")],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198,
      228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
      183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249],
  ],
  [30, [10, 13, 22, END]],
]);

function codesOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/** A tree in which a bit leads from node n to `next[2 * n + bit]`: to another node, or to the symbol s where that is -1 - s. */
const next: Int16Array = treeOf(SYMBOLS);

/** @throws Error if the lengths are those of no code: none of the bits' sequences may be left over */
function treeOf(lengths: ReadonlyMap<number, readonly number[]>): Int16Array {
  const tree = new Int16Array(2 * END);
  let nodes = 1;
  let code = 0;
  let before = 0;
  for (const [length, symbols] of lengths) {
    code *= 2 ** (length - before);
    before = length;
    for (const symbol of symbols) {
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const at = 2 * node + (Math.floor(code / 2 ** bit) % 2);
        const child = tree[at] ?? 0;
        node = child === 0 ? nodes++ : child;
        tree[at] = node;
      }
      tree[2 * node + (code % 2)] = -1 - symbol;
      code += 1;
    }
  }
  if (code !== 2 ** before || nodes !== END) throw new Error("The lengths of Huffman's code do not make one.");
  return tree;
}

const PADDING_BITS_MAX = 7;

/**
 * What `bytes` from `start` to before `end` stand for, a code unit a byte.
 *
 * @throws HpackError if they stand for nothing
 */
export function huffmanDecoded(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let node = 0;
  let bits = 0;
  let areOnes = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const found = next[2 * node + bit] ?? 0;
      if (found >= 0) {
        node = found;
        bits += 1;
        areOnes &&= bit === 1;
        continue;
      }
      const symbol = -1 - found;
      if (symbol === END) throw new HpackError("a string holds the mark of its end");
      text += String.fromCharCode(symbol);
      node = 0;
      bits = 0;
      areOnes = true;
    }
  }
  if (bits > PADDING_BITS_MAX || !areOnes) throw new HpackError("a string does not end as it has to");
  return text;
}
