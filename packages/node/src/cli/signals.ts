import { constants } from "node:os";
import type { NodeLog } from "../telemetry/log.ts";

/**
 * Resolves, with the reason, when somebody wants this process to stop: by SIGTERM, SIGINT, or by the end of the process that
 * has started it with a channel to it. A second signal does not wait any longer.
 *
 * @param isDiskHung asked at the second signal, see `exitAtOnce`
 */
export function stopRequests(log: NodeLog, isDiskHung: () => boolean): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (reason: string): void => {
      isAsked = true;
      resolve(reason);
    };
    const onSignal = (signal: "SIGINT" | "SIGTERM"): void => {
      if (isAsked) {
        log.warn({ signal }, "stopping at once: a second signal has come");
        exitAtOnce(128 + constants.signals[signal], isDiskHung());
      }
      ask(signal);
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    if (process.connected) process.once("disconnect", () => ask("the process that started it is gone"));
    // A member that could not start has nothing to stay for: the channel alone must not keep it.
    process.channel?.unref();
  });
}

/**
 * Ends the process. A thread that waits for the disk keeps a process from exiting in good order, for as long as the disk
 * does not answer: then the process kills itself, which a supervisor sees as SIGKILL, or as exit code 137.
 */
export function exitAtOnce(exitCode: number, isDiskHung: boolean): never {
  if (isDiskHung) process.kill(process.pid, "SIGKILL");
  process.exit(exitCode);
}
