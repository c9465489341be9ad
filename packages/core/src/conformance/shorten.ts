/**
 * A short list that fails as `items` does: parts of it are left out as long as `fails` says so, large ones first. What
 * fast-check does is more thorough, and takes minutes where a list has hundreds of items.
 */
export function shorten<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length;) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (fails(rest)) kept = rest;
      else at += size;
    }
  }
  return kept;
}
