/** What lets a user stop a run. */

/** Aborted when the user presses Ctrl-C: the run stops, and what it found so far is reported. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}
