import { constants } from "node:os";
import type { NodeLog } from "../telemetry/log.ts";

/**
 * Resolves, with the reason, when somebody wants this process to stop: by SIGTERM, SIGINT, or by the end of the process that
 * has started it with a channel to it. A second signal does not wait any longer.
 */
export function stopRequests(log: NodeLog): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (reason: string): void => {
      isAsked = true;
      resolve(reason);
    };
    const onSignal = (signal: "SIGINT" | "SIGTERM"): void => {
      if (isAsked) {
        log.warn({ signal }, "stopping at once: a second signal has come");
        process.exit(128 + constants.signals[signal]);
      }
      ask(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    if (process.connected) process.once("disconnect", () => ask("the process that started it is gone"));
  });
}
