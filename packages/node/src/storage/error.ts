import { hasRoom } from "./room.ts";

/**
 * Why a directory can't be used, or no longer:
 *
 * - locked: another process, or another part of this one, has it open.
 * - corrupt: what is there is not what was written; the message names the record, or the part of the file.
 * - otherCluster, otherMember, otherFormat, otherVersion: it is sound, and not what was asked for.
 * - full: the disk has no room, or the file may not grow. What was durable still is.
 * - unusable: the disk or its permissions refuse.
 */
export type StorageFault =
  "locked" | "corrupt" | "otherCluster" | "otherMember" | "otherFormat" | "otherVersion" | "full" | "unusable";

/** A directory can't be used. The message says what is wrong, where, and how to mend it. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** What mends a corrupt directory: there is no way to guess what it should have held. */
const REPLACE_MEMBER =
  "Nothing was changed. Keep a copy of the directory, check the disk, then remove this member from the cluster and add it " +
  "again with an empty directory; or put back the directory as it was, if the node has not run since that copy.";

export function corrupt(directory: string, what: string, options?: ErrorOptions): StorageError {
  return new StorageError("corrupt", `The data in ${directory} is corrupt: ${what}. ${REPLACE_MEMBER}`, options);
}

/** What LMDB said when something was to be written. */
export function databaseError(directory: string, doing: string, cause: unknown): StorageError {
  return errorOf(directory, doing, cause, isNoRoom(cause) || (isCutShort(cause) && !hasRoom(directory)));
}

/** What a system call said when something was to be done, as an error of ours. */
export function systemError(directory: string, doing: string, cause: unknown): StorageError {
  return errorOf(directory, doing, cause, isNoRoom(cause));
}

function errorOf(directory: string, doing: string, cause: unknown, isFull: boolean): StorageError {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (isFull) {
    const mend = "Make room on its disk, or raise the limit on the size of files, and start the node again.";
    return new StorageError("full", `No room in ${directory}: ${doing} failed (${said}). ${mend}`, { cause });
  }
  const mend =
    "Check that the directory belongs to the user that runs the node, and that the disk works, then start again.";
  return new StorageError("unusable", `${directory} can't be used: ${doing} failed (${said}). ${mend}`, { cause });
}

/** LMDB gives the number of the system's error or one of its own: of the latter, -30792 is MDB_MAP_FULL. */
const NO_ROOM: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG", 27, 28, 122, -30792];

function isNoRoom(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && NO_ROOM.includes(cause.code);
}

/** LMDB calls it an input/output error, as that of a disk that fails, where the system has written less than it was given. */
const CUT_SHORT: readonly unknown[] = ["EIO", 5];
function isCutShort(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && CUT_SHORT.includes(cause.code);
}
