/** The register as a service, and the clients that use it. */

import type { Client } from "@quorate/checker";
import type { NodeId, Raft, Replicated } from "@quorate/core";
import type { Register } from "./register.ts";

/** The register, replicated by Raft. */
export type RegisterService = Replicated<Raft, Register>;

type Clients = { readonly [name: string]: Client<RegisterService> };

/** `count` clients that write one word each, x and y, by which their writes are told apart. */
export function writers(count: number, to: readonly NodeId[]): Clients {
  const words = ["x", "y"].slice(0, count);
  return Object.fromEntries(
    words.map((word) => [word, { to, requests: [{ type: "broadcast", commands: [{ type: "write", word }] }] }]),
  );
}

/** A client that reads, once for each of `ids`, and does not wait for the answers. Without ids there is none. */
export function reader(ids: readonly string[], to: readonly NodeId[]): Clients {
  if (ids.length === 0) return {};
  return { reader: { to, requests: ids.map((id) => ({ type: "read", id, query: { type: "read" } })) } };
}
