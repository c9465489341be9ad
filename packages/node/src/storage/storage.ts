/** A directory that holds a node's durable state. */

import { mkdirSync } from "node:fs";
import type { Plain } from "@quorate/core";
import { readContents, STORE_VERSION } from "./contents.ts";
import type { Contents, Marker } from "./contents.ts";
import { openDatabase, sizeOf } from "./database.ts";
import type { Database, Operation } from "./database.ts";
import { difference, NOTHING_HELD } from "./difference.ts";
import type { Held } from "./difference.ts";
import { corrupt, StorageError, systemError } from "./error.ts";
import { JournaledDatabase } from "./journal/journaled.ts";
import type { Layout, Parts } from "./layout.ts";
import { lock } from "./lock.ts";
import { PreparedChunks } from "./prepared.ts";
import { HEAD_KEY, MARKER_KEY, seal } from "./record.ts";
import { Writer } from "./writer.ts";

export type StorageOptions<D> = {
  /** Made if it is not there. It belongs to storage alone. */
  readonly directory: string;
  /** Whose data it is: a directory once used belongs to one member of one cluster. */
  readonly identity: { readonly clusterId: string; readonly memberId: string };
  readonly layout: Layout<D>;
  /** False leaves out every flush, so that a crash of the machine loses and garbles data: for tests that must find it. */
  readonly sync: boolean;
};

export type Storage<D> = {
  /** What was on disk at opening: null if nothing was ever written. */
  readonly durable: D | null;
  /**
   * Makes `durable` durable: resolves once it, or a later one, is flushed. What it shares with the one before is not
   * written again. Of states that come while one is being written, the latest alone is written.
   *
   * @throws StorageError `full` or `unusable`. From then on every call does: what is in memory and what is on disk can't
   *   be told to agree any more, so the node has to stop. What was durable before still is.
   */
  write(durable: D): Promise<void>;
  /**
   * Does beforehand, a little at a time, what writing a snapshot of these chunks would take: thousands of them at once would
   * hold everything else up.
   *
   * @throws CodecError (by rejection) if they are not plain
   */
  prepare(chunks: readonly Plain[]): Promise<void>;
  /** Bytes of the database's file. Room that was given free inside is used again before more is taken. */
  size(): number;
  /** Waits for what is being written, and gives the directory free. Once is enough, and more does nothing more. */
  close(): Promise<void>;
};

/** @throws StorageError */
export async function openStorage<D>(options: StorageOptions<D>): Promise<Storage<D>> {
  const { directory } = options;
  makeDirectory(directory);
  const held = await lock(directory);
  try {
    const contents = readContents(directory);
    if (contents !== null) checkMarker(directory, contents.marker, options);
    const database = openDatabase(directory, options.sync);
    try {
      return await start(options, contents, database, () => held.release());
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function start<D>(
  { directory, identity, layout, sync }: StorageOptions<D>,
  contents: Contents | null,
  database: Database,
  release: () => Promise<void>,
): Promise<Storage<D>> {
  // Whatever is wrong with what was read is found before anything is written.
  const parts = contents === null ? null : partsOf(contents);
  const durable = parts === null ? null : joined(directory, layout, parts);
  const held = contents === null ? NOTHING_HELD : heldOf(contents);
  const marker = isMarked(contents, layout.format) ? [] : [markerOf(layout.format, identity)];
  const journaled = await JournaledDatabase.open(directory, database, sync, contents?.journals ?? null, marker);
  const prepared = new PreparedChunks();
  const writer = new Writer<D>(durable, held, async (before, state) => {
    const { operations, after } = difference(before, layout.split(state), prepared);
    if (operations.length > 0) await journaled.commit(operations);
    return after;
  });
  let ending: Promise<void> | null = null;
  const end = async (): Promise<void> => {
    await writer.end();
    try {
      await journaled.close();
    } finally {
      await release();
    }
  };
  return {
    durable,
    write: (state) => writer.write(state),
    prepare: (chunks) => prepared.prepare(chunks, (chunk) => writer.held.snapshot?.idOf.has(chunk) ?? false),
    size: () => sizeOf(directory),
    close: () => (ending ??= end()),
  };
}

function isMarked(contents: Contents | null, format: string): boolean {
  return contents?.marker.storeVersion === STORE_VERSION && contents.marker.format === format;
}

function markerOf(format: string, identity: StorageOptions<never>["identity"]): Operation {
  const marker = { storeVersion: STORE_VERSION, format, ...identity } satisfies Marker;
  return { type: "put", key: MARKER_KEY, bytes: seal(MARKER_KEY, marker) };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw systemError(directory, "making it", error);
  }
}

function checkMarker<D>(directory: string, found: Marker, { layout, identity }: StorageOptions<D>): void {
  if (found.format !== layout.format && !layout.earlierFormats.includes(found.format)) {
    const formats = [layout.format, ...layout.earlierFormats].join(" and ");
    const mend =
      "Start the version of quorate, and the protocol, that wrote it; or remove this member from its cluster, and add it " +
      "again with an empty directory.";
    const message = `${directory} was written in the format ${found.format}, and this version reads ${formats}. ${mend}`;
    throw new StorageError("otherFormat", message);
  }
  demandSame("otherCluster", directory, "cluster", found.clusterId, identity.clusterId);
  demandSame("otherMember", directory, "member", found.memberId, identity.memberId);
}

function demandSame(
  fault: "otherCluster" | "otherMember",
  directory: string,
  what: string,
  found: string,
  wanted: string,
): void {
  if (found === wanted) return;
  const mend = `Name the directory that belongs to ${wanted}, or start the node for what this one holds.`;
  throw new StorageError(fault, `${directory} holds the data of the ${what} ${found}, not of ${wanted}. ${mend}`);
}

function partsOf({ written }: Contents): Parts | null {
  if (written === null) return null;
  const { snapshot } = written;
  return {
    head: written.head.head,
    log: written.log,
    snapshot: snapshot === null ? null : { head: snapshot.head, chunks: snapshot.chunks },
  };
}

function joined<D>(directory: string, layout: Layout<D>, parts: Parts): D {
  try {
    return layout.join(parts);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw corrupt(directory, `its records do not make a state of ${layout.format}: ${said}`, { cause: error });
  }
}

function heldOf({ written }: Contents): Held {
  if (written === null) return NOTHING_HELD;
  const { snapshot } = written;
  const ids = snapshot?.ids ?? [];
  return {
    headBytes: seal(HEAD_KEY, written.head),
    log: written.log,
    snapshot:
      snapshot === null
        ? null
        : { ...snapshot, idOf: new Map(snapshot.chunks.map((chunk, at) => [chunk, ids[at] ?? 0] as [Plain, number])) },
    nextNumber: ids.reduce((highest, id) => Math.max(highest, id), snapshot?.number ?? 0) + 1,
  };
}
