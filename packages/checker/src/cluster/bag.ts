/** The messages in flight where they are in no order: the words after a state's slots, in ascending order. */

import type { Cursor } from "../engine/frontier.ts";
import type { Outcomes } from "./outcomes.ts";

/** How many places of the bag the bits of a word speak of. */
export const PLACES_A_WORD = 32;

/** Above the id of every message. */
export const NO_ENVELOPE = 0x7fff_ffff;

/**
 * Which places of the bag, from `first` on as far as a word goes, hold a message that something may come of: none that its
 * receiver is known to ignore, and each of the same only once. Most are ignored, and which ones is anybody's guess, a
 * processor's too: so this asks without a branch.
 *
 * @param bagAt where the bag begins
 * @param passesIgnored whether nothing can come of a message that is ignored: it can't be lost either
 */
export function duePlaces(
  { words, at, length }: Cursor,
  bagAt: number,
  first: number,
  outcomes: Pick<Outcomes, "receivers" | "isIgnored">,
  passesIgnored: boolean,
): number {
  const { receivers } = outcomes;
  const end = Math.min(length, first + PLACES_A_WORD);
  const passes = passesIgnored ? 1 : 0;
  let previous = first === bagAt ? NO_ENVELOPE : (words[at + first - 1] as number);
  let undue = 0;
  for (let place = first; place < end; place++) {
    const envelope = words[at + place] as number;
    const receiver = receivers[envelope] as number;
    const isSame = ((envelope ^ previous) - 1) >>> 31;
    const isIgnored = outcomes.isIgnored(receiver, words[at + receiver] as number, envelope);
    undue |= (isSame | (isIgnored & passes)) << (place - first);
    previous = envelope;
  }
  return ~undue & (-1 >>> (PLACES_A_WORD - end + first));
}
