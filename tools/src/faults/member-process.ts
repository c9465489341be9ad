/** A member that runs, as a process. */

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NodeOptions } from "@quorate/node";
import { z } from "zod";

/** How a process has ended, and the last that it said. */
export type Ending = { readonly code: number | null; readonly signal: string | null; readonly words: string };

export type ProcessOptions = {
  readonly node: NodeOptions;
  /** The program, which is `member.ts` or a copy of it that has a bug. */
  readonly program: string;
  /** What comes before Node on the command line. */
  readonly prefix: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly onUp: (memberId: string) => void;
  /** The process has ended, and nobody had it end. */
  readonly onOwnEnd: (ending: Ending) => void;
};

/** Starting takes some seconds of work where others work as well. */
const START_MS = 120_000;
const STOP_MS = 60_000;
const ANSWER_MS = 10_000;
const LAST_LINES = 5;

const up = z.object({ type: z.literal("up"), memberId: z.string() });
const time = z.object({ type: z.literal("time"), wallMs: z.number() });

export class MemberProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #isPaused = false;
  #isToEnd = false;
  /** Resolves when the process has ended, however that came. */
  readonly ended: Promise<Ending>;
  /** Resolves when the member serves; rejects if it ends before, or takes too long. */
  readonly serving: Promise<void>;

  constructor(options: ProcessOptions) {
    const { node, program, prefix, environment, logFile } = options;
    const command = [...prefix, process.execPath];
    this.#child = fork(program, [JSON.stringify(node)], {
      execPath: command[0],
      // Where the process is put into another namespace, its folder is another, too.
      execArgv: [...command.slice(1), "--import", import.meta.resolve("tsx")],
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const log = createWriteStream(logFile, { flags: "a" });
    this.ended = this.#watch(log);
    this.serving = this.#awaitServing(node.name, options);
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
    this.#isPaused = true;
  }

  resume(): void {
    this.#child.kill("SIGCONT");
    this.#isPaused = false;
  }

  /** It may end by itself from now on. */
  expectEnd(): void {
    this.#isToEnd = true;
  }

  async kill(): Promise<void> {
    this.#isToEnd = true;
    this.resume();
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** As an operator stops it: it hands leadership over before. One that does not stop is killed, which shows in how it ends. */
  async terminate(): Promise<Ending> {
    this.#isToEnd = true;
    this.resume();
    this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    const ending = await this.ended;
    clearTimeout(kill);
    return ending;
  }

  /**
   * What the member takes for the time, in milliseconds since 1970.
   *
   * @throws Error (by rejection) if it has ended, or does not answer: a member that is lost in a loop hears nothing
   */
  async wallMs(): Promise<number> {
    const asking = new AbortController();
    try {
      return await new Promise((resolve, reject) => {
        const onMessage = (message: unknown): void => {
          const answer = time.safeParse(message);
          if (answer.success) resolve(answer.data.wallMs);
        };
        const late = setTimeout(() => {
          reject(new Error(`The member does not tell the time, though it had ${ANSWER_MS / 1_000} s.`));
        }, ANSWER_MS);
        asking.signal.addEventListener("abort", () => {
          clearTimeout(late);
          this.#child.off("message", onMessage);
        });
        this.#child.on("message", onMessage);
        void this.ended.then(() => {
          reject(new Error("The member has ended before it told the time."));
        });
        this.#child.send({ type: "time" }, (error) => {
          if (error !== null) reject(error);
        });
      });
    } finally {
      asking.abort();
    }
  }

  #watch(log: NodeJS.WritableStream): Promise<Ending> {
    const { stderr } = this.#child;
    if (stderr !== null) {
      stderr.pipe(log);
      createInterface({ input: stderr }).on("line", (line) => {
        this.#lines.push(line);
        if (this.#lines.length > LAST_LINES) this.#lines.shift();
      });
    }
    return new Promise((resolve) => {
      this.#child.once("error", (error) => {
        resolve({ code: null, signal: null, words: `It could not be started: ${error.message}` });
      });
      // When all that it said has arrived as well.
      this.#child.once("close", (code, signal) => {
        resolve({ code, signal, words: this.#lines.join("\n") });
      });
    });
  }

  async #awaitServing(name: string, { onUp, onOwnEnd }: ProcessOptions): Promise<void> {
    let isUp = false;
    void this.ended.then((ending) => {
      if (isUp && !this.#isToEnd) onOwnEnd(ending);
    });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`${name} does not serve after ${START_MS / 1_000} s.`));
      }, START_MS);
      this.#child.on("message", (message) => {
        const answer = up.safeParse(message);
        if (!answer.success) return;
        clearTimeout(late);
        isUp = true;
        onUp(answer.data.memberId);
        resolve();
      });
      void this.ended.then((ending) => {
        clearTimeout(late);
        reject(new EndedError(name, ending));
      });
    });
  }
}

/** A member has ended instead of serving. */
export class EndedError extends Error {
  override readonly name = "EndedError";
  readonly ending: Ending;

  constructor(member: string, ending: Ending) {
    super(`${member} has ended ${textOf(ending)}`);
    this.ending = ending;
  }
}

export function textOf({ code, signal, words }: Ending): string {
  return `with ${signal ?? `exit code ${code ?? "unknown"}`}. Its last words:\n${words.slice(-2_000)}`;
}

/** The program that a member runs as. */
export const MEMBER_PROGRAM: string = fileURLToPath(new URL("member.ts", import.meta.url));
