/** One thread of the pool: does the jobs that it is given, one at a time. */

import { parentPort } from "node:worker_threads";
import { UserError } from "./exit.ts";
import { engineMaker } from "./fresh-engine.ts";
import { doJob, isLarge } from "./jobs.ts";
import type { Job } from "./jobs.ts";
import type { ThreadMessage } from "./pool.ts";

const makeEngine = await engineMaker();
/** The engine of all small jobs: together they make it fast sooner than each of them would alone. */
const common = makeEngine();

const post = (message: ThreadMessage): void => parentPort?.postMessage(message);

parentPort?.on("message", (job: Job) => void handle(job));

async function handle(job: Job): Promise<void> {
  try {
    post({
      type: "done",
      result: await doJob(
        job,
        (progress) => post({ type: "progress", progress }),
        isLarge(job) ? makeEngine() : common,
      ),
    });
  } catch (error) {
    if (error instanceof UserError) post({ type: "user-error", message: error.message, exitCode: error.exitCode });
    else post({ type: "error", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
