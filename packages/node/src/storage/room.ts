/** Whether a write of LMDB's would have had room, which its error does not always say. */

import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What LMDB writes at a time, at most. */
const WRITE_BYTES = 1024 * 1024;

/** The limit on the size of files, in bytes, under a name that speaks of blocks. */
const reportSchema = z.object({
  userLimits: z.object({ file_size_blocks: z.object({ soft: z.union([z.number(), z.string()]) }) }),
});

/** Whether a file in `directory` could have grown by what is written at a time. */
export function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= WRITE_BYTES && largestIn(directory) + WRITE_BYTES <= fileBytesMax();
  } catch {
    // A disk that can't be asked fails in other ways than for want of room.
    return true;
  }
}

function largestIn(directory: string): number {
  return Math.max(0, ...readdirSync(directory).map((name) => statSync(join(directory, name)).size));
}

function fileBytesMax(): number {
  // Otherwise it would ask for the names of all hosts that this process is connected to.
  Reflect.set(process.report, "excludeNetwork", true);
  const report = reportSchema.safeParse(process.report.getReport());
  const soft = report.data?.userLimits.file_size_blocks.soft;
  return typeof soft === "number" ? soft : Infinity;
}
