/**
 * The tree inside a log: a radix trie over absolute positions, from which everything outside the log is left out.
 *
 * A position is an index less one. A leaf covers 32 positions that begin at a multiple of 32, an inner node 32 children
 * of equal span that begin at a multiple of theirs. No slot is stored for what the log does not hold, so a node at the
 * log's left or right edge is shorter than 32. Where a node begins follows from where the log begins: each function
 * carries `start`, the first position held below the node, and `span`, how many positions each of its slots covers.
 */

import { invariant } from "../assert.ts";
import type { Plain } from "../plain.ts";

/** How many slots a node has. Wide enough that a log of a million entries is four nodes deep. */
export const WIDTH = 32;

type Leaf<E extends Plain> = { readonly entries: readonly E[] };
type Inner<E extends Plain> = { readonly children: readonly Tree<E>[] };
export type Tree<E extends Plain> = Leaf<E> | Inner<E>;

/** A node with the place that it stands at. */
export type Placed<E extends Plain> = { readonly tree: Tree<E>; readonly start: number; readonly span: number };

/** The number of the slot that holds `position`, counted from position zero on. */
export function slotOf(position: number, span: number): number {
  return Math.floor(position / span);
}

/** How many positions each slot of `tree` covers: 1 for a leaf. */
export function spanOf<E extends Plain>(tree: Tree<E>): number {
  let span = 1;
  for (let node = tree; "children" in node; node = itemAt(node.children, 0)) span *= WIDTH;
  return span;
}

export function itemAt<T>(items: readonly T[], at: number): T {
  const item = items[at];
  invariant(item !== undefined, "a tree holds all positions between its first and its last", { at, of: items.length });
  return item;
}

/** The child of an inner node whose slot has the number `slot`. */
export function childIn<E extends Plain>({ children }: Inner<E>, start: number, span: number, slot: number): Placed<E> {
  return {
    tree: itemAt(children, slot - slotOf(start, span)),
    start: Math.max(start, slot * span),
    span: span / WIDTH,
  };
}

/** The position after the last one that `tree` holds. */
export function endOf<E extends Plain>(tree: Tree<E>, start: number): number {
  let place: Placed<E> = { tree, start, span: spanOf(tree) };
  while ("children" in place.tree) {
    const slot = slotOf(place.start, place.span) + place.tree.children.length - 1;
    place = childIn(place.tree, place.start, place.span, slot);
  }
  return place.start + place.tree.entries.length;
}

/** The entry at `position`, which the tree has to hold. */
export function entryIn<E extends Plain>(tree: Tree<E>, start: number, position: number): E {
  let place: Placed<E> = { tree, start, span: spanOf(tree) };
  while ("children" in place.tree) {
    place = childIn(place.tree, place.start, place.span, slotOf(position, place.span));
  }
  return itemAt(place.tree.entries, position - place.start);
}

/** Adds the entries at the positions from `from` to `end`, the latter not included, to `into`: the node holds them all. */
export function collect<E extends Plain>({ tree, start, span }: Placed<E>, from: number, end: number, into: E[]): void {
  if ("entries" in tree) {
    into.push(...tree.entries.slice(from - start, end - start));
    return;
  }
  for (let slot = slotOf(from, span); slot * span < end; slot++) {
    const child = childIn(tree, start, span, slot);
    collect(child, Math.max(from, slot * span), Math.min(end, (slot + 1) * span), into);
  }
}

/**
 * `tree`, or a new node in the same place if it is null, with the part of `entries` that belongs in it. The first of
 * `entries` has the position `base`, which is where `tree` ends.
 */
export function grow<E extends Plain>(
  tree: Tree<E> | null,
  start: number,
  span: number,
  entries: readonly E[],
  base: number,
): Tree<E> {
  const blockEnd = (slotOf(start, span * WIDTH) + 1) * span * WIDTH;
  if (span === 1) {
    const held = tree !== null && "entries" in tree ? tree.entries : [];
    return { entries: [...held, ...entries.slice(start + held.length - base, blockEnd - base)] };
  }
  const children = tree !== null && "children" in tree ? [...tree.children] : [];
  // The last child is grown too, unless it is full.
  let partial = base % span === 0 ? null : (children.pop() ?? null);
  const end = Math.min(base + entries.length, blockEnd);
  for (let slot = slotOf(start, span) + children.length; slot * span < end; slot++) {
    children.push(grow(partial, Math.max(start, slot * span), span / WIDTH, entries, base));
    partial = null;
  }
  return { children };
}

/** What `tree` holds before the position `end`, which is above `start` and at most where the tree ends. */
export function cutAfter<E extends Plain>(tree: Tree<E>, start: number, span: number, end: number): Tree<E> {
  if ("entries" in tree) return { entries: tree.entries.slice(0, end - start) };
  const last = slotOf(end - 1, span);
  const child = childIn(tree, start, span, last);
  const kept = cutAfter(child.tree, child.start, child.span, end);
  return { children: [...tree.children.slice(0, last - slotOf(start, span)), kept] };
}

/** What `tree` holds from the position `from` on, which is at least `start` and below where the tree ends. */
export function cutBefore<E extends Plain>(tree: Tree<E>, start: number, span: number, from: number): Tree<E> {
  if ("entries" in tree) return { entries: tree.entries.slice(from - start) };
  const first = slotOf(from, span);
  const child = childIn(tree, start, span, first);
  const kept = cutBefore(child.tree, child.start, child.span, from);
  return { children: [kept, ...tree.children.slice(first - slotOf(start, span) + 1)] };
}

/** The lowest tree that holds what `tree` holds: no root has a single child. */
export function lowest<E extends Plain>(tree: Tree<E>): Tree<E> {
  let node = tree;
  while ("children" in node && node.children.length === 1) node = itemAt(node.children, 0);
  return node;
}
