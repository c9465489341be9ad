/** New states from old ones. What stays equal stays the same reference. */

import type { Plain } from "../plain.ts";
import type { Leader, RaftDurable, RaftRole, RaftState } from "./types.ts";

export function withDurable(state: RaftState, durable: RaftDurable): RaftState {
  return durable === state.durable ? state : { ...state, durable };
}

export function withRole(state: RaftState, role: RaftRole): RaftState {
  return isSame(role, state.volatile.role) ? state : { ...state, volatile: { ...state.volatile, role } };
}

export function withQuietTicks(state: RaftState, quietTicks: number): RaftState {
  if (quietTicks === state.volatile.quietTicks) return state;
  return { ...state, volatile: { ...state.volatile, quietTicks } };
}

export function leaderOf(state: RaftState): Leader | null {
  const { role } = state.volatile;
  return role.type === "leader" ? role : null;
}

/** Whether two plain values are equal. Parts that they share are not looked at. */
export function isSame(a: Plain, b: Plain): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && isSameList([...a], [...b]);
  }
  if (isList(a) || isList(b)) return isList(a) && isList(b) && isSameList(a, b);
  return isSameRecord(a, b);
}

type Fields = { readonly [field: string]: Plain };

function isSameRecord(a: Fields, b: Fields): boolean {
  const fields = Object.keys(a);
  if (fields.length !== Object.keys(b).length) return false;
  for (const field of fields) {
    // A field may be called as an inherited one is.
    if (!Object.hasOwn(b, field)) return false;
    const [part, other] = [a[field], b[field]];
    if (part === other) continue;
    if (part === undefined || other === undefined || !isSame(part, other)) return false;
  }
  return true;
}

function isSameList(a: readonly Plain[], b: readonly Plain[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at] || isSame(item, b[at] ?? null));
}

/** TypeScript does not tell readonly arrays from records by Array.isArray. */
function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
