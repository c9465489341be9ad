/** A member that runs as a process of its own, on this machine. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { prettyLine } from "../telemetry/pretty.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";

export type LocalMemberPlan = {
  readonly name: string;
  /** From 0. */
  readonly number: number;
  readonly clientUrl: string;
  readonly metricsUrl: string;
  readonly dataDir: string;
  /** What `quorate` is started with. */
  readonly words: readonly string[];
};

const COMMAND = fileURLToPath(new URL("../../bin/quorate.mjs", import.meta.url));
const COLOURS = [pc.cyan, pc.magenta, pc.yellow, pc.blue, pc.green];
const PROBE_MS = 100;
/** A member that has not stopped by then is killed. */
const STOP_MS = 15_000;
const LAST_LINES = 5;

export class LocalMember {
  readonly plan: LocalMemberPlan;
  /** Resolves when the process has ended, with how it has. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  #exitCode: number | null = null;
  #isStopping = false;

  constructor(plan: LocalMemberPlan, showsLogs: boolean) {
    this.plan = plan;
    this.#child = spawn(process.execPath, [COMMAND, ...plan.words], {
      // Ctrl-C is for us alone: we tell the members, once. The channel tells them should we be gone.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, QUORATE_CONFIG_FILE: "" },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#onLine(line, showsLogs));
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(`it could not be started (${error.message})`));
      this.#child.once("close", (code, signal) => {
        this.#exitCode = code;
        resolve(signal === null ? `exit code ${code ?? "unknown"}` : `killed by ${signal}`);
      });
    });
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Resolves when the member serves.
   *
   * @throws UserError (by rejection) if it ends instead, or has not come so far within `withinMs`
   */
  async ready(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    const end = this.ended.then((how): never => {
      throw this.#failure(`has ended: ${how}`);
    });
    while (!(await Promise.race([end, isReady(this.plan.metricsUrl)]))) {
      if (performance.now() > deadline) throw this.#failure(`does not serve after ${withinMs / 1000} s`);
      await Promise.race([end, sleep(PROBE_MS)]);
    }
  }

  /** Has the member stop in good order, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(kill);
  }

  #onLine(line: string, isShown: boolean): void {
    const { name, number } = this.plan;
    const text = prettyLine(line);
    this.#lastLines.push(text);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    const colour = COLOURS[number % COLOURS.length] ?? String;
    if (isShown) process.stderr.write(`${colour(`${name} |`)} ${text}\n`);
  }

  #failure(what: string): UserError {
    const lines = this.#lastLines.map((line) => `  ${line}`).join("\n");
    const known = Object.values<ExitCode>(EXIT).find((code) => code === this.#exitCode && code !== EXIT.ok);
    return new UserError(known ?? EXIT.unavailable, `${this.plan.name} ${what}. Its last words:\n${lines}`);
  }
}

async function isReady(metricsUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${metricsUrl}/readyz`)).ok;
  } catch {
    // Nobody listens there yet: that is what is asked.
    return false;
  }
}
