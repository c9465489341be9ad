/** What a directory holds, read in one pass and checked: every record's checksum, and that none is missing. */

import { log } from "@quorate/core";
import type { Log, Plain } from "@quorate/core";
import { z } from "zod";
import { corrupt, StorageError } from "./error.ts";
import { readRecords } from "./file-check.ts";
import { Overlay } from "./journal/overlay.ts";
import { demandNoJournals, readJournals } from "./journal/read.ts";
import type { Journals } from "./journal/read.ts";
import type { SnapshotParts } from "./layout.ts";
import { describe, nameOf, unseal } from "./record.ts";
import type { RecordName } from "./record.ts";
import type { Cell } from "./tree-walk.ts";

/** The version of how a directory is laid out, in `Marker`. */
export const STORE_VERSION = 2;
/** It had no journals, and no other difference. */
const WITHOUT_JOURNALS = 1;

/** Binds a directory to what it is for. */
export type Marker = {
  readonly storeVersion: number;
  readonly format: string;
  readonly clusterId: string;
  readonly memberId: string;
};

type HeadRecord = {
  readonly head: Plain;
  /** The index before the log's first entry. The log's bounds are here so that records lost at its end are missed. */
  readonly before: number;
  readonly lastIndex: number;
  /** The snapshot's number, which its head record has too, or null if there is none. */
  readonly snapshot: number | null;
};

/** The snapshot's head. `chunks` has the ids of its chunks. */
type SnapshotRecord = { readonly number: number; readonly head: Plain; readonly chunks: readonly number[] };

const plain: z.ZodType<Plain> = z.custom<Plain>((value) => value !== undefined);
const natural: z.ZodType<number> = z.int().nonnegative();
const anyVersion: z.ZodType<{ readonly storeVersion: number }> = z.object({ storeVersion: natural });
const markerSchema: z.ZodType<Marker> = z.strictObject({
  storeVersion: natural,
  format: z.string(),
  clusterId: z.string(),
  memberId: z.string(),
});
const headSchema: z.ZodType<HeadRecord> = z.strictObject({
  head: plain,
  before: natural,
  lastIndex: natural,
  snapshot: natural.nullable(),
});
const journalSchema: z.ZodType<{ readonly number: number }> = z.strictObject({ number: z.int().positive() });
const snapshotSchema: z.ZodType<SnapshotRecord> = z.strictObject({
  number: natural,
  head: plain,
  chunks: z.array(natural),
});

/** What a directory holds. `written` is null where nothing was written since the directory was made. */
export type Contents = {
  readonly marker: Marker;
  /** Null where there are none yet. */
  readonly journals: Journals | null;
  readonly written: {
    readonly head: HeadRecord;
    readonly log: Log<Plain>;
    readonly snapshot: (SnapshotParts & { readonly ids: readonly number[]; readonly number: number }) | null;
  } | null;
};

type Records = {
  marker: Marker | null;
  journals: Journals | null;
  head: HeadRecord | null;
  snapshot: SnapshotRecord | null;
  readonly chunks: Map<number, Plain>;
  readonly entries: Plain[];
};

/**
 * Everything in `directory`: null if it holds no record at all. It must not be open.
 *
 * @throws StorageError `corrupt`, which names the first record or page that is wrong or missing, or `otherVersion`
 */
export function readContents(directory: string): Contents | null {
  const records: Records = {
    marker: null,
    journals: null,
    head: null,
    snapshot: null,
    chunks: new Map(),
    entries: [],
  };
  let count = 0;
  let lastEntry: number | null = null;
  const overlay = new Overlay((cell) => {
    count++;
    const name = nameOf(cell);
    const value = checkedValue(directory, name, cell);
    if (name.type === "entry") {
      lastEntry = checkFollows(directory, records.head, lastEntry, name.number);
    }
    take(directory, records, name, value);
    // It comes before all that journals speak of.
    if (name.type === "journal") overlay.lay(records.journals?.operations ?? []);
  });
  readRecords(directory, (cell) => overlay.take(cell));
  overlay.end();
  const contents = count === 0 ? null : assemble(directory, records, lastEntry);
  if (records.journals === null) demandNoJournals(directory);
  return contents;
}

function checkedValue(directory: string, name: RecordName, cell: Cell): Plain {
  if (name.type === "unknown") throw corrupt(directory, `there is ${describe(name)}`);
  const unsealed = opened(directory, name, cell);
  if (unsealed === null) throw corrupt(directory, `${describe(name)} does not match its checksum`);
  return unsealed.value;
}

function opened(directory: string, name: RecordName, cell: Cell): ReturnType<typeof unseal> {
  try {
    return unseal(cell);
  } catch (error) {
    throw corrupt(directory, `${describe(name)} has its checksum, and can't be decoded`, { cause: error });
  }
}

/** Keys come in order, so the entries come after the head. */
function checkFollows(directory: string, head: HeadRecord | null, last: number | null, number: number): number {
  if (head === null) throw corrupt(directory, `${describe({ type: "head" })} is missing`);
  const expected = (last ?? head.before) + 1;
  if (number > expected) throw corrupt(directory, `${describe({ type: "entry", number: expected })} is missing`);
  if (number < expected || number > head.lastIndex) {
    const bounds = `from ${head.before + 1} to ${head.lastIndex}`;
    throw corrupt(directory, `there is ${describe({ type: "entry", number })}, and the log goes ${bounds}`);
  }
  return number;
}

function take(directory: string, records: Records, name: RecordName, value: Plain): void {
  switch (name.type) {
    case "marker":
      demandVersion(directory, parsed(directory, name, anyVersion, value).storeVersion);
      records.marker = parsed(directory, name, markerSchema, value);
      return;
    case "journal":
      records.journals = readJournals(directory, parsed(directory, name, journalSchema, value).number);
      return;
    case "head":
      records.head = parsed(directory, name, headSchema, value);
      return;
    case "snapshot":
      records.snapshot = parsed(directory, name, snapshotSchema, value);
      return;
    case "chunk":
      records.chunks.set(name.number, value);
      return;
    case "entry":
      records.entries.push(value);
      return;
    case "unknown":
      return;
  }
}

/** The marker has the lowest key, so that what another version wrote after it is not read. */
function demandVersion(directory: string, found: number): void {
  if (found === STORE_VERSION || found === WITHOUT_JOURNALS) return;
  const mend = "Run the version of quorate that wrote it, or give this member an empty directory and add it anew.";
  const message = `${directory} is laid out in version ${found}, and this reads versions ${WITHOUT_JOURNALS} and ${STORE_VERSION}. ${mend}`;
  throw new StorageError("otherVersion", message);
}

function parsed<T>(directory: string, name: RecordName, schema: z.ZodType<T>, value: Plain): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw corrupt(directory, `${describe(name)} is not as this version writes it: ${z.prettifyError(result.error)}`);
}

function assemble(directory: string, records: Records, lastEntry: number | null): Contents {
  const { marker, journals, head } = records;
  if (marker === null) throw corrupt(directory, `${describe({ type: "marker" })} is missing`);
  if ((journals === null) !== (marker.storeVersion === WITHOUT_JOURNALS)) {
    const what = describe({ type: "journal" });
    throw corrupt(
      directory,
      journals === null ? `${what} is missing` : `there is ${what}, which this layout does not have`,
    );
  }
  if (head === null) {
    if (records.snapshot === null && records.chunks.size === 0) return { marker, journals, written: null };
    throw corrupt(directory, `${describe({ type: "head" })} is missing`);
  }
  const through = lastEntry ?? head.before;
  if (through < head.lastIndex) {
    throw corrupt(directory, `${describe({ type: "entry", number: through + 1 })} is missing`);
  }
  const entries = log.append(log.emptyLog<Plain>(head.before), records.entries);
  const snapshot = assembleSnapshot(directory, head, records);
  return { marker, journals, written: { head, log: entries, snapshot } };
}

function assembleSnapshot(
  directory: string,
  head: HeadRecord,
  { snapshot, chunks }: Records,
): NonNullable<Contents["written"]>["snapshot"] {
  if (snapshot === null) {
    if (head.snapshot !== null) throw corrupt(directory, `${describe({ type: "snapshot" })} is missing`);
    const [stray] = chunks.keys();
    if (stray !== undefined) {
      throw corrupt(directory, `there is ${describe({ type: "chunk", number: stray })}, and no snapshot`);
    }
    return null;
  }
  if (snapshot.number !== head.snapshot) {
    const found = `${describe({ type: "snapshot" })} is number ${snapshot.number}`;
    throw corrupt(directory, `${found}, and the head record speaks of ${head.snapshot ?? "none"}`);
  }
  const ids = new Set(snapshot.chunks);
  for (const id of chunks.keys()) {
    if (!ids.has(id)) throw corrupt(directory, `no snapshot has ${describe({ type: "chunk", number: id })}`);
  }
  const parts = snapshot.chunks.map((id) => {
    const chunk = chunks.get(id);
    if (chunk === undefined) throw corrupt(directory, `${describe({ type: "chunk", number: id })} is missing`);
    return chunk;
  });
  return { head: snapshot.head, chunks: parts, ids: snapshot.chunks, number: snapshot.number };
}
