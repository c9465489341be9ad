/** Does jobs in parallel, a thread each on as many threads as there are processors. */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Progress } from "../run.ts";
import type { Console } from "./console.ts";
import { UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { jobTitle } from "./jobs.ts";
import type { Job, JobResult } from "./jobs.ts";

/** What a thread says of the job it was given. */
export type ThreadMessage =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly result: JobResult }
  | { readonly type: "user-error"; readonly message: string; readonly exitCode: ExitCode }
  | { readonly type: "error"; readonly message: string };

/** How one job ended: with a result, or with an error that is the user's to mend. */
export type JobEnd = JobResult | UserError;

/**
 * Does all jobs, and calls `onEnd` for each, in the order of `jobs`, as soon as it and those before it have ended.
 *
 * Returns early, without the jobs that are left, when `signal` is aborted.
 *
 * @throws Error if a thread failed for a reason that is no user's
 */
export async function doJobs(
  console: Console,
  jobs: readonly Job[],
  signal: AbortSignal,
  onEnd: (job: Job, end: JobEnd) => void,
): Promise<void> {
  const ends: JobEnd[] = [];
  let begun = 0;
  let reported = 0;
  const threads = new Set<Thread>();
  signal.addEventListener("abort", () => {
    for (const thread of threads) void thread.end();
  });
  const work = async (): Promise<void> => {
    const thread = new Thread(console);
    threads.add(thread);
    try {
      while (begun < jobs.length && !signal.aborted) {
        const index = begun++;
        const job = jobs[index] as Job;
        ends[index] = await thread.do(job);
        for (let end = ends[reported]; end !== undefined; end = ends[reported]) onEnd(jobs[reported++] as Job, end);
      }
    } catch (error) {
      // The other threads finish what they do, and begin nothing more.
      begun = jobs.length;
      if (!signal.aborted) throw error;
    } finally {
      await thread.end();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
}

/** One thread, which does one job after another. */
class Thread {
  readonly #worker = new Worker(new URL("../../bin/job-thread.mjs", import.meta.url));
  readonly #console: Console;

  constructor(console: Console) {
    this.#console = console;
  }

  do(job: Job): Promise<JobEnd> {
    return new Promise<JobEnd>((resolve, reject) => {
      this.#worker.removeAllListeners();
      this.#worker.on("error", reject);
      this.#worker.on("exit", () => reject(new Error(`${jobTitle(job)} was ended.`)));
      this.#worker.on("message", (message: ThreadMessage) => {
        switch (message.type) {
          case "progress":
            this.#console.progress(jobTitle(job), message.progress);
            break;
          case "done":
            resolve(message.result);
            break;
          case "user-error":
            resolve(new UserError(message.exitCode, message.message));
            break;
          case "error":
            reject(new Error(message.message));
        }
      });
      this.#worker.postMessage(job);
    });
  }

  async end(): Promise<void> {
    this.#console.clearProgress();
    await this.#worker.terminate();
  }
}
