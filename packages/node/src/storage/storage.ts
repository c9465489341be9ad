import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { log } from "@quorate/core";
import type { Log, Plain } from "@quorate/core";
import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { z } from "zod";
import { encode } from "../codec.ts";
import { HOW_TO_MEND, StorageError, storageErrorOf } from "./error.ts";
import { takeLock } from "./lock.ts";
import { corrupt, sealed, unsealed } from "./records.ts";
import type { RecordKey } from "./records.ts";

/** The parts of a durable state: a small head, the log, and a snapshot or null. */
export type Parts = {
  readonly head: Plain;
  readonly log: Log<Plain>;
  readonly snapshot: { readonly head: Plain; readonly chunks: readonly Plain[] } | null;
};

/** How a protocol's durable state D is laid out on disk. */
export type Layout<D> = {
  /** Names the format, and changes with it. */
  readonly format: string;
  split(durable: D): Parts;
  /** The inverse. It throws if the parts don't make a durable state. */
  join(parts: Parts): D;
};

export type StorageIdentity = { readonly clusterId: string; readonly memberId: string };

export type StorageOptions<D> = {
  readonly directory: string;
  readonly identity: StorageIdentity;
  readonly layout: Layout<D>;
  /** Whether to wait for the disk. Without, a crash of the machine loses what was acknowledged. */
  readonly sync: boolean;
};

/** Where the log on disk begins and ends: a record of its own, so that a lost entry is noticed at either end. */
export type LogBounds = { readonly before: number; readonly last: number };

export type Storage<D> = {
  /** What was on disk at the opening. Null if the directory was new. */
  readonly durable: D | null;
  /**
   * Makes `durable` durable, and resolves then. What it shares with what was written last is not written again. One call at
   * a time.
   *
   * @throws StorageError (by rejection) if the disk does not take it; what it holds then is what it held before
   */
  write(durable: D): Promise<void>;
  /** Bytes on disk. */
  size(): number;
  close(): Promise<void>;
};

const VERSION = 1;

const markerSchema = z.strictObject({
  version: z.number(),
  format: z.string(),
  clusterId: z.string(),
  memberId: z.string(),
});
const boundsSchema = z.strictObject({ before: z.number(), last: z.number() });
const snapshotSchema = z.strictObject({
  head: z.custom<Plain>((value) => value !== undefined),
  chunks: z.array(z.number()),
});

type Database = RootDatabase<Buffer, RecordKey>;

/**
 * Opens the directory, which is made if need be.
 *
 * @throws StorageError if it is locked, damaged, or somebody else's
 */
export function openStorage<D>(options: StorageOptions<D>): Storage<D> {
  const { directory, layout } = options;
  let unlock: (() => void) | null = null;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    unlock = takeLock(directory);
    const path = join(directory, "data.mdb");
    demandWhole(path, directory);
    const database: Database = open<Buffer, RecordKey>({
      path,
      noSubdir: true,
      encoding: "binary",
      keyEncoding: "ordered-binary",
      // A commit has reached the disk before it is told of: it does so on a thread of LMDB's, which keeps this one free.
      overlappingSync: false,
      noSync: !options.sync,
      cache: false,
    });
    return new LmdbStorage(options, database, path, unlock, readAll(options, database));
  } catch (error) {
    unlock?.();
    if (error instanceof z.ZodError) {
      throw new StorageError(
        "corrupt",
        `${directory} holds what ${layout.format} does not: ${z.prettifyError(error)}. ${HOW_TO_MEND}`,
      );
    }
    throw storageErrorOf(error, directory);
  }
}

/** LMDB maps the file into memory: one that was cut short must not even be opened, or the process is killed by a signal. */
function demandWhole(path: string, directory: string): void {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  const { size } = fstatSync(file);
  closeSync(file);
  if (size % 4096 === 0 && size >= 2 * 4096) return;
  throw new StorageError(
    "corrupt",
    `${path} was cut short: ${size} bytes are no whole number of pages (${directory}). ${HOW_TO_MEND}`,
  );
}

type Read<D> = { readonly durable: D; readonly parts: Parts; readonly chunkIds: readonly number[] } | null;

function readAll<D>({ directory, identity, layout }: StorageOptions<D>, database: Database): Read<D> {
  const markerBytes = database.get(["marker"]);
  if (markerBytes === undefined) {
    if (database.getKeysCount() === 0) return null;
    throw corrupt(directory, ["marker"], "is missing");
  }
  demandOwn(directory, markerSchema.parse(unsealed(directory, ["marker"], markerBytes)), identity, layout.format);
  const head = unsealed(directory, ["head"], database.get(["head"]));
  const bounds = boundsSchema.parse(unsealed(directory, ["bounds"], database.get(["bounds"])));
  const entries = readLog(directory, database, bounds);
  const snapshotBytes = database.get(["snapshot"]);
  const snapshot =
    snapshotBytes === undefined ? null : snapshotSchema.parse(unsealed(directory, ["snapshot"], snapshotBytes));
  const chunkIds = snapshot?.chunks ?? [];
  const chunks = chunkIds.map((id) => unsealed(directory, ["chunk", id], database.get(["chunk", id])));
  const parts: Parts = {
    head,
    log: log.append(log.emptyLog<Plain>(bounds.before), entries),
    snapshot: snapshot === null ? null : { head: snapshot.head, chunks },
  };
  return { durable: layout.join(parts), parts, chunkIds };
}

function demandOwn(
  directory: string,
  marker: z.infer<typeof markerSchema>,
  { clusterId, memberId }: StorageIdentity,
  format: string,
): void {
  if (marker.version !== VERSION || marker.format !== format) {
    const found = `${marker.format}, version ${marker.version}`;
    throw new StorageError(
      "otherFormat",
      `${directory} holds ${found}, and this member runs ${format}, version ${VERSION}. Run the protocol and the version of quorate that made it.`,
    );
  }
  if (marker.clusterId !== clusterId) {
    throw new StorageError(
      "otherCluster",
      `${directory} belongs to the cluster ${marker.clusterId}, and not to ${clusterId}. Give this member a data directory of its own.`,
    );
  }
  if (marker.memberId !== memberId) {
    throw new StorageError(
      "otherMember",
      `${directory} belongs to the member ${marker.memberId}, and not to ${memberId}. Give this member a data directory of its own.`,
    );
  }
}

function readLog(directory: string, database: Database, { before, last }: LogBounds): readonly Plain[] {
  const entries: Plain[] = [];
  let next = before + 1;
  for (const { key, value } of database.getRange({ start: ["log", 0], end: ["log", Number.MAX_SAFE_INTEGER] })) {
    const [, index] = key;
    if (index !== next) throw corrupt(directory, ["log", next], "is missing");
    entries.push(unsealed(directory, ["log", next], value));
    next += 1;
  }
  if (next !== last + 1) throw corrupt(directory, ["log", next], "is missing, or was never to be there");
  return entries;
}

class LmdbStorage<D> implements Storage<D> {
  readonly durable: D | null;
  readonly #options: StorageOptions<D>;
  readonly #database: Database;
  readonly #path: string;
  readonly #unlock: () => void;
  /** What the disk holds. */
  #written: Parts | null;
  #chunkIds: ReadonlySet<number>;
  /** The ids under which chunks lie on the disk: snapshots that share chunks share their records. */
  #ids = new WeakMap<object, number>();
  #nextId: number;

  constructor(options: StorageOptions<D>, database: Database, path: string, unlock: () => void, read: Read<D>) {
    this.#options = options;
    this.#database = database;
    this.#path = path;
    this.#unlock = unlock;
    this.durable = read?.durable ?? null;
    this.#written = read?.parts ?? null;
    const chunkIds = read?.chunkIds ?? [];
    this.#chunkIds = new Set(chunkIds);
    this.#nextId = chunkIds.reduce((most, id) => Math.max(most, id), 0) + 1;
    for (const [at, chunk] of (read?.parts.snapshot?.chunks ?? []).entries()) {
      const id = chunkIds[at];
      if (id !== undefined && chunk !== null && typeof chunk === "object") this.#ids.set(chunk, id);
    }
  }

  async write(durable: D): Promise<void> {
    const parts = this.#options.layout.split(durable);
    const before = this.#written;
    try {
      let chunkIds = this.#chunkIds;
      await this.#database.batch(() => {
        if (before === null) this.#putMarker();
        if (before === null || !encode(before.head).equals(encode(parts.head))) this.#put(["head"], parts.head);
        if (before?.snapshot?.chunks !== parts.snapshot?.chunks) chunkIds = this.#putSnapshot(parts.snapshot);
        if (before === null || before.log !== parts.log) this.#putLog(before?.log ?? null, parts.log);
      });
      if (before === null && this.#options.sync) syncDirectory(this.#options.directory);
      this.#chunkIds = chunkIds;
      this.#written = parts;
    } catch (error) {
      throw storageErrorOf(error, this.#options.directory);
    }
  }

  size(): number {
    return statSync(this.#path).size;
  }

  async close(): Promise<void> {
    await this.#database.close();
    this.#unlock();
  }

  #put(key: RecordKey, value: Plain): void {
    void this.#database.put(key, sealed(key, value));
  }

  #putMarker(): void {
    this.#put(["marker"], { version: VERSION, format: this.#options.layout.format, ...this.#options.identity });
  }

  #putLog(before: Log<Plain> | null, after: Log<Plain>): void {
    const old = before ?? log.emptyLog<Plain>(after.before);
    const { droppedThrough, truncatedAfter, appended } = log.changes(old, after);
    const oldLast = log.lastIndex(old);
    for (let index = log.firstIndex(old); index <= Math.min(droppedThrough, oldLast); index++) {
      void this.#database.remove(["log", index]);
    }
    const last = truncatedAfter + appended.length;
    for (let index = Math.max(last, droppedThrough) + 1; index <= oldLast; index++) {
      void this.#database.remove(["log", index]);
    }
    for (const [at, entry] of appended.entries()) this.#put(["log", truncatedAfter + 1 + at], entry);
    this.#put(["bounds"], { before: after.before, last });
  }

  #putSnapshot(snapshot: Parts["snapshot"]): ReadonlySet<number> {
    const chunkIds = (snapshot?.chunks ?? []).map((chunk) => this.#idOf(chunk));
    const kept = new Set(chunkIds);
    for (const id of this.#chunkIds) {
      if (!kept.has(id)) void this.#database.remove(["chunk", id]);
    }
    if (snapshot === null) void this.#database.remove(["snapshot"]);
    else this.#put(["snapshot"], { head: snapshot.head, chunks: chunkIds });
    return kept;
  }

  /** Writes a chunk that is not on the disk. */
  #idOf(chunk: Plain): number {
    const isShareable = chunk !== null && typeof chunk === "object";
    const known = isShareable ? this.#ids.get(chunk) : undefined;
    if (known !== undefined && this.#chunkIds.has(known)) return known;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#put(["chunk", id], chunk);
    if (isShareable) this.#ids.set(chunk, id);
    return id;
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  fsyncSync(handle);
  closeSync(handle);
}
