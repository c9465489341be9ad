/**
 * Why a data directory can't be used.
 *
 * - locked: another process has it open
 * - corrupt: a record is damaged, or missing
 * - otherCluster, otherMember, otherFormat: it belongs to somebody else
 * - full: the file system has no more room
 * - unusable: the operating system does not let this process at it
 */
export type StorageFault = "locked" | "corrupt" | "otherCluster" | "otherMember" | "otherFormat" | "full" | "unusable";

/** The message names the place, what is wrong with it, and how to mend it. */
export class StorageError extends Error {
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.fault = fault;
  }
}

/** What an operator can do about a member whose data is damaged, wherever it is damaged. */
export const HOW_TO_MEND: string =
  "No record was changed. Restore the directory from a copy made while the member was stopped; or remove this member from " +
  "the cluster, delete the directory, and add it as a new member, which the others then bring up to date.";

/** An error of the operating system or of LMDB, as one that an operator can read. */
export function storageErrorOf(error: unknown, directory: string): StorageError {
  if (error instanceof StorageError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = error !== null && typeof error === "object" && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "28" || /no space|MDB_MAP_FULL|quota/i.test(text)) {
    const mend = "What was not written was not acknowledged. Make room, and start the member again.";
    return new StorageError("full", `There is no more room for ${directory} (${text}). ${mend}`, { cause: error });
  }
  if (/MDB_(CORRUPTED|PAGE_NOTFOUND|INVALID|PANIC|BAD)|corrupt|not an LMDB/i.test(text)) {
    return new StorageError("corrupt", `The database in ${directory} is damaged (${text}). ${HOW_TO_MEND}`, {
      cause: error,
    });
  }
  return new StorageError("unusable", `${directory} can't be used: ${text}.`, { cause: error });
}
