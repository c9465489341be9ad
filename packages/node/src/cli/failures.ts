/** How errors end the command, and what of them people are told. */

import { ConfigError } from "../config/problems.ts";
import { TlsError } from "../security/tls.ts";
import { BootstrapError } from "../server/bootstrap.ts";
import { IdentityError } from "../server/identity.ts";
import { RemovedError } from "../server/removed.ts";
import { SnapshotFileError } from "../server/snapshot-file.ts";
import { StorageError } from "../storage/index.ts";
import type { StorageFault } from "../storage/index.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";

const STORAGE: Readonly<Record<StorageFault, ExitCode>> = {
  locked: EXIT.storage,
  corrupt: EXIT.storage,
  full: EXIT.storage,
  unusable: EXIT.storage,
  otherCluster: EXIT.configuration,
  otherMember: EXIT.configuration,
  otherFormat: EXIT.configuration,
  otherVersion: EXIT.configuration,
};

/** How an error ends the command, and what of it people are told. */
export function endOf(error: unknown): { readonly exitCode: ExitCode; readonly message: string } {
  if (!(error instanceof Error)) return { exitCode: EXIT.internal, message: `an error of its own: ${String(error)}` };
  const { message } = error;
  if (error instanceof UserError) return { exitCode: error.exitCode, message };
  if (error instanceof StorageError) return { exitCode: STORAGE[error.fault], message };
  if (error instanceof RemovedError) return { exitCode: EXIT.removed, message };
  if (error instanceof SnapshotFileError) return { exitCode: EXIT.data, message };
  if (error instanceof ConfigError) return { exitCode: EXIT.configuration, message: listed(error.problems) };
  if (error instanceof TlsError || error instanceof IdentityError || error instanceof BootstrapError) {
    return { exitCode: EXIT.configuration, message };
  }
  const listener = listenerMessage(error);
  if (listener !== null) return { exitCode: EXIT.system, message: listener };
  return { exitCode: EXIT.internal, message: `an error of its own: ${error.stack ?? message}` };
}

function listed(problems: readonly string[]): string {
  const [first = ""] = problems;
  if (problems.length === 1) return first;
  return `there are ${problems.length} problems:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`;
}

/** What it means when the system lets nobody listen, in words; null for another error. */
function listenerMessage({ message }: Error): string | null {
  const [, code, address = "an address"] =
    /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL)\b[^\d[]*(\[?[\da-f.:]+\]?:\d+)?/.exec(message) ?? [];
  switch (code) {
    case "EADDRINUSE":
      return `Somebody listens at ${address} already. Stop that, or give this member other ports.`;
    case "EACCES":
      return `This user may not listen at ${address}. Give this member ports above 1023.`;
    case "EADDRNOTAVAIL":
      return `${address} is no address of this machine. Listen at one that is, and advertise the other.`;
    case undefined:
    default:
      return null;
  }
}
