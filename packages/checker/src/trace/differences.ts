import type { Plain } from "@quorate/core";
import { encode } from "../values/encode.ts";
import { isArray, isRecord } from "./show.ts";

/** What one field became, or what came into and went out of a list. */
export type Difference =
  | { readonly path: string; readonly type: "changed"; readonly before: Plain | undefined; readonly after: Plain | undefined }
  | { readonly path: string; readonly type: "added" | "removed"; readonly item: Plain };

/**
 * The fields in which two values differ, outermost first where a whole record came or went. Lists are compared as bags:
 * a trace tells which messages were sent and taken, not where in a list they stand.
 */
export function differences(before: Plain | undefined, after: Plain | undefined, path = ""): readonly Difference[] {
  if (before !== undefined && after !== undefined && encode(before) === encode(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((field) => differences(before[field], after[field], path === "" ? field : `${path}.${field}`));
  }
  if (before !== undefined && after !== undefined && isArray(before) && isArray(after)) {
    const removed = bagDifference(before, after).map((item) => ({ path, type: "removed", item }) as const);
    const added = bagDifference(after, before).map((item) => ({ path, type: "added", item }) as const);
    const reordered = removed.length + added.length === 0;
    return reordered ? [{ path, type: "changed", before, after }] : [...removed, ...added];
  }
  return [{ path, type: "changed", before, after }];
}

/** The items of `items` that are left when those of `others` are taken away, one for one. */
function bagDifference(items: readonly Plain[], others: readonly Plain[]): readonly Plain[] {
  const left = others.map(encode);
  return items.filter((item) => {
    const at = left.indexOf(encode(item));
    if (at < 0) return true;
    left.splice(at, 1);
    return false;
  });
}
