import type { PeerLog } from "./peers/index.ts";

/** Ends parts of a node one after the other. One that fails is told of, and keeps none of the others open. */
export async function endAll(
  parts: readonly (readonly [what: string, end: () => Promise<void> | void])[],
  log: PeerLog,
): Promise<void> {
  for (const [what, end] of parts) {
    try {
      await end();
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, `${what} has failed`);
    }
  }
}

/** Ends what writes to the disk, which may never answer: after `withinMs` nobody waits any longer. Returns whether it has ended. */
export async function endInTime(end: () => Promise<void>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | null = null;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs);
  });
  try {
    return await Promise.race([end().then(() => true), late]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
