import type { NodeId } from "../protocol.ts";

/** `list` with `item`, in the order of the acceptors: which of several answers came first means nothing. */
export function insertByAcceptor<T extends { readonly acceptor: NodeId }>(list: readonly T[], item: T): readonly T[] {
  return [...list, item].sort((a, b) => (a.acceptor < b.acceptor ? -1 : 1));
}
