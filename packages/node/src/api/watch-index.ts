/** Who watches a key: found without asking everybody who watches something. */

import type { Bytes, KeyRange } from "../store/types.ts";

export class WatchIndex<W> {
  readonly #byKey = new Map<Bytes, Set<W>>();
  /** Watchers of ranges, by the beginning of the range and its end, so that those of one range are asked once. */
  readonly #ranges = new Map<string, { readonly range: KeyRange; readonly watchers: Set<W> }>();

  add(range: KeyRange, watcher: W): void {
    if (range.rangeEnd === "") {
      const watchers = this.#byKey.get(range.key) ?? new Set();
      this.#byKey.set(range.key, watchers.add(watcher));
      return;
    }
    const name = nameOf(range);
    const known = this.#ranges.get(name) ?? { range, watchers: new Set<W>() };
    known.watchers.add(watcher);
    this.#ranges.set(name, known);
  }

  delete(range: KeyRange, watcher: W): void {
    if (range.rangeEnd === "") {
      const watchers = this.#byKey.get(range.key);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#byKey.delete(range.key);
      return;
    }
    const name = nameOf(range);
    const known = this.#ranges.get(name);
    known?.watchers.delete(watcher);
    if (known?.watchers.size === 0) this.#ranges.delete(name);
  }

  *watching(key: Bytes): Generator<W> {
    yield* this.#byKey.get(key) ?? [];
    for (const { range, watchers } of this.#ranges.values()) {
      if (contains(range, key)) yield* watchers;
    }
  }
}

function nameOf({ key, rangeEnd }: KeyRange): string {
  return `${key.length} ${key}${rangeEnd}`;
}

export function contains({ key, rangeEnd }: KeyRange, of: Bytes): boolean {
  if (rangeEnd === "") return of === key;
  return of >= key && (rangeEnd === "\0" || of < rangeEnd);
}
