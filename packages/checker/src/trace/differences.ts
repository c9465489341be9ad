import type { Plain } from "@quorate/core";
import { encode } from "../values/encode.ts";
import { isArray, isRecord } from "./show.ts";

/** What one field became, or what came into and went out of a list. */
export type Difference =
  | {
      readonly path: string;
      readonly type: "changed";
      readonly before: Plain | undefined;
      readonly after: Plain | undefined;
    }
  | { readonly path: string; readonly type: "added" | "removed"; readonly item: Plain };

/**
 * The fields in which two values differ, outermost first where a whole record came, went or made way for another kind.
 * Lists are compared as bags: a trace tells which messages were sent and taken, not where in a list they stand. Only
 * where one item that is no message became another is that shown field by field.
 */
export function differences(before: Plain | undefined, after: Plain | undefined, path = ""): readonly Difference[] {
  if (before !== undefined && after !== undefined && encode(before) === encode(after)) return [];
  if (isRecord(before) && isRecord(after) && haveFieldsInCommon(before, after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return fields.flatMap((field) =>
      differences(fieldOf(before, field), fieldOf(after, field), path === "" ? field : `${path}.${field}`),
    );
  }
  if (before !== undefined && after !== undefined && isArray(before) && isArray(after)) {
    const at = onlyChange(before, after);
    if (at >= 0) return differences(before[at], after[at], `${path}[${at}]`);
    const removed = bagDifference(before, after).map((item) => ({ path, type: "removed", item }) as const);
    const added = bagDifference(after, before).map((item) => ({ path, type: "added", item }) as const);
    const reordered = removed.length + added.length === 0;
    return reordered ? [{ path, type: "changed", before, after }] : [...removed, ...added];
  }
  return [{ path, type: "changed", before, after }];
}

/** A field of the record's own: one may be called `constructor`. */
function fieldOf(record: Fields, field: string): Plain | undefined {
  return Object.hasOwn(record, field) ? record[field] : undefined;
}

function haveFieldsInCommon(before: Fields, after: Fields): boolean {
  const fields = Object.keys(before);
  return fields.length === 0 || fields.some((field) => Object.hasOwn(after, field));
}

/** The index at which alone two lists differ, by records that are no messages; -1 if there is none. */
function onlyChange(before: readonly Plain[], after: readonly Plain[]): number {
  if (before.length !== after.length) return -1;
  const changed = before.flatMap((item, index) => (encode(item) === encode(after[index]) ? [] : [index]));
  const [at = -1] = changed;
  const records = [before[at], after[at]];
  return changed.length === 1 && records.every((item) => isRecord(item) && !isMessage(item)) ? at : -1;
}

/** Whether a record is a message in flight. */
function isMessage(record: Fields): boolean {
  return Object.hasOwn(record, "from") && Object.hasOwn(record, "to") && Object.hasOwn(record, "message");
}

type Fields = { readonly [field: string]: Plain };

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
