/** How far two logs agree, found by what they share. */

import type { Plain } from "../plain.ts";
import { lastIndex, slice } from "./log.ts";
import type { Log } from "./log.ts";
import { childIn, itemAt, slotOf, spanOf } from "./tree.ts";
import type { Placed, Tree } from "./tree.ts";

/**
 * The last index through which both logs hold the same entries. What lies before the later of both beginnings counts as
 * the same: a log has forgotten entries only once they could no longer differ.
 *
 * Parts that both share are not looked at, so for versions of one log this costs O(log n). The answer is the same where
 * nothing is shared, as long as `isSame` holds between an entry and itself.
 */
export function commonThrough<E extends Plain>(a: Log<E>, b: Log<E>, isSame: (x: E, y: E) => boolean): number {
  const from = Math.max(a.before, b.before);
  const end = Math.min(lastIndex(a), lastIndex(b));
  if (from >= end) return end;
  const span = Math.min(spanOf<E>(a), spanOf<E>(b));
  return firstDifference(descend(a, span, from), descend(b, span, from), from, end, isSame) ?? end;
}

/**
 * What a disk has to do to hold the log `after` where it holds the log `before`: forget the entries up to
 * `droppedThrough`, forget those after `truncatedAfter`, and append `appended` from the index `truncatedAfter + 1` on.
 *
 * Entries are the same here if they are identical, as they are in versions of one log, which makes it cheap: O(log n)
 * besides the entries to append. Where nothing is shared it is still right, and writes more than it would have to.
 */
export function changes<E extends Plain>(before: Log<E>, after: Log<E>): LogChanges<E> {
  const reachesBack = after.before < before.before;
  const common = reachesBack ? after.before : commonThrough(before, after, (x, y) => x === y);
  const truncatedAfter = Math.max(common, after.before);
  return {
    droppedThrough: after.before,
    truncatedAfter,
    appended: slice(after, truncatedAfter + 1, lastIndex(after)),
  };
}

/** What `changes` finds. */
export type LogChanges<E extends Plain> = {
  readonly droppedThrough: number;
  readonly truncatedAfter: number;
  readonly appended: readonly E[];
};

/** The node of `log` whose slots cover `span` positions each, on the way to `position`. */
function descend<E extends Plain>(log: Log<E>, span: number, position: number): Placed<E> {
  let place: Placed<E> = { tree: log, start: log.before, span: spanOf<E>(log) };
  while (place.span > span && "children" in place.tree) {
    place = childIn(place.tree, place.start, place.span, slotOf(position, place.span));
  }
  return place;
}

/** The first position from `from` to `end`, the latter not included, at which two nodes in one place differ, or null. */
function firstDifference<E extends Plain>(
  a: Placed<E>,
  b: Placed<E>,
  from: number,
  end: number,
  isSame: (x: E, y: E) => boolean,
): number | null {
  // Equal arrays that stand at different positions may be one in memory, and are no reason to skip anything.
  if (a.start === b.start && isShared(a.tree, b.tree)) return null;
  const { span } = a;
  for (let slot = slotOf(from, span); slot * span < end; slot++) {
    const position = Math.max(from, slot * span);
    if ("entries" in a.tree && "entries" in b.tree) {
      const [x, y] = [itemAt(a.tree.entries, position - a.start), itemAt(b.tree.entries, position - b.start)];
      if (!isSame(x, y)) return position;
    } else if ("children" in a.tree && "children" in b.tree) {
      const children = [childIn(a.tree, a.start, span, slot), childIn(b.tree, b.start, span, slot)] as const;
      const found = firstDifference(...children, position, Math.min(end, (slot + 1) * span), isSame);
      if (found !== null) return found;
    }
  }
  return null;
}

function isShared<E extends Plain>(a: Tree<E>, b: Tree<E>): boolean {
  if ("entries" in a) return "entries" in b && a.entries === b.entries;
  return "children" in b && a.children === b.children;
}
