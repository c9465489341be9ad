import { closest, distance } from "fastest-levenshtein";

/** " Did you mean x?" with the candidate nearest to `word`, or nothing if none is near. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  if (candidates.length === 0) return "";
  const nearest = closest(word, [...candidates]);
  return distance(word, nearest) <= Math.max(2, word.length / 3) ? ` Did you mean ${prefix}${nearest}?` : "";
}
