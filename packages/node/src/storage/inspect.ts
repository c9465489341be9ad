/** A look at a directory without knowing its protocol: for operators, while no node runs on it. */

import { existsSync } from "node:fs";
import { log } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { readContents } from "./contents.ts";
import type { Contents, Marker } from "./contents.ts";
import { sizeOf } from "./database.ts";
import { StorageError } from "./error.ts";
import { lock } from "./lock.ts";

export type Inspection =
  | { readonly type: "empty"; readonly bytes: number }
  /** The first thing that is wrong. */
  | { readonly type: "refused"; readonly bytes: number; readonly fault: StorageError }
  | {
      readonly type: "sound";
      readonly bytes: number;
      readonly marker: Marker;
      /** What the protocol's layout made of the durable state. Null if none was ever written. */
      readonly contents: {
        readonly head: Plain;
        /** The last is below the first where the log is empty. */
        readonly firstIndex: number;
        readonly lastIndex: number;
        readonly snapshot: { readonly head: Plain; readonly chunks: number } | null;
      } | null;
    };

/**
 * Checks all of `directory`, and changes none of what it holds.
 *
 * @throws StorageError `locked` if a node has it open, `unusable` if there is none or it can't be read
 */
export async function inspectStorage(directory: string): Promise<Inspection> {
  if (!existsSync(directory)) {
    throw new StorageError("unusable", `There is no directory ${directory}. Name the data directory of a member.`);
  }
  const held = await lock(directory);
  try {
    return inspectFile(directory);
  } catch (error) {
    const isFinding = error instanceof StorageError && (error.fault === "corrupt" || error.fault === "otherVersion");
    if (isFinding) return { type: "refused", bytes: sizeOf(directory), fault: error };
    throw error;
  } finally {
    await held.release();
  }
}

function inspectFile(directory: string): Inspection {
  const bytes = sizeOf(directory);
  const contents = readContents(directory);
  return contents === null ? { type: "empty", bytes } : soundWith(contents, bytes);
}

function soundWith({ marker, written }: Contents, bytes: number): Inspection {
  if (written === null) return { type: "sound", bytes, marker, contents: null };
  const { snapshot } = written;
  const contents = {
    head: written.head.head,
    firstIndex: log.firstIndex(written.log),
    lastIndex: log.lastIndex(written.log),
    snapshot: snapshot === null ? null : { head: snapshot.head, chunks: snapshot.chunks.length },
  };
  return { type: "sound", bytes, marker, contents };
}
