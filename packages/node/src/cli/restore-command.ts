/** `quorate snapshot restore`: the data directory of a member of a new cluster, made of a snapshot. */

import { readFileSync } from "node:fs";
import { loadOptions } from "../config/load.ts";
import { protocols } from "../protocols/index.ts";
import { restoreMember } from "../server/restore.ts";
import { readSnapshotFile, SnapshotFileError } from "../server/snapshot-file.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { ServeWords } from "./serve-flags.ts";

/** @throws SnapshotFileError, ConfigError, BootstrapError, IdentityError or StorageError (by rejection) */
export async function snapshotRestoreCommand(file: string, words: ServeWords): Promise<ExitCode> {
  const { options } = loadOptions({
    purpose: "restore",
    ...words,
    environment: process.env,
    protocols: [...protocols.keys()],
  });
  const { header, store } = read(file);
  const { memberId, clusterId } = await restoreMember(store, options);
  process.stdout.write(
    `Revision ${header.revision} restored in ${options.dataDir}, for member ${memberId} of the new cluster ${clusterId}.\n` +
      `Do the same for each other member, and then start them: quorate serve with these flags and its own URLs.\n`,
  );
  return EXIT.ok;
}

function read(file: string): ReturnType<typeof readSnapshotFile> {
  try {
    return readSnapshotFile(readFileSync(file));
  } catch (error) {
    throw new SnapshotFileError(`${file} is no snapshot: ${error instanceof Error ? error.message : String(error)}`);
  }
}
