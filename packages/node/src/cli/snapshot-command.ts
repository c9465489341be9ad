/** `quorate snapshot ...` */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { readSnapshotFile, SnapshotFileError } from "../server/snapshot-file.ts";
import { keyCountOf } from "../store/index.ts";
import { withAnyMember } from "./client.ts";
import type { Connection } from "./client.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { snapshot } from "./messages.ts";
import { readableSize, table } from "./table.ts";

/** Saves one member's snapshot in `file`, which is there whole or not at all. */
export async function snapshotSaveCommand(connection: Connection, file: string): Promise<ExitCode> {
  if (existsSync(file)) throw new UserError(EXIT.refused, `${file} is there already, and is not written over.`);
  const partial = `${file}.part`;
  const endpoint = await withAnyMember(connection, async (member) => {
    try {
      await receive(member.stream(snapshot()), partial);
      inspect(partial);
      await rename(partial, file);
    } finally {
      await rm(partial, { force: true });
    }
    return member.endpoint;
  }).catch((error: unknown) => {
    throw isSystemError(error) ? new UserError(EXIT.storage, `${file} can't be written: ${error.message}.`) : error;
  });
  process.stdout.write(`Snapshot of ${endpoint} saved at ${file}\n`);
  return EXIT.ok;
}

type Piece = { readonly blob: Uint8Array; readonly remaining_bytes: number };

async function receive(pieces: AsyncIterable<Piece>, file: string): Promise<void> {
  const target = await open(file, "w", 0o600);
  try {
    let remaining: number | null = null;
    for await (const { blob, remaining_bytes } of pieces) {
      await target.write(blob);
      remaining = remaining_bytes;
    }
    if (remaining !== 0) throw new UserError(EXIT.unavailable, "the snapshot ended before it was whole. Try again.");
    await target.sync();
  } finally {
    await target.close();
  }
}

export function snapshotStatusCommand(file: string, isJson: boolean): ExitCode {
  const { hash, header, keys, size } = inspect(file);
  const { clusterId, revision, index } = header;
  if (isJson) {
    process.stdout.write(
      `${JSON.stringify({ hash, clusterId, revision, index, totalKey: keys, totalSize: size }, null, 2)}\n`,
    );
    return EXIT.ok;
  }
  const row = [hash, clusterId, String(revision), String(index), String(keys), readableSize(size)];
  process.stdout.write(`${table(["HASH", "CLUSTER", "REVISION", "INDEX", "TOTAL KEYS", "TOTAL SIZE"], [row])}\n`);
  return EXIT.ok;
}

/** What a snapshot holds, all of its checksums compared. */
function inspect(file: string) {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new UserError(EXIT.data, `${file} can't be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  try {
    const { header, store } = readSnapshotFile(content);
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
    return { hash, header, keys: keyCountOf(store), size: content.length };
  } catch (error) {
    if (error instanceof SnapshotFileError) throw new UserError(EXIT.data, `${file} is no snapshot: ${error.message}`);
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
