/** A folder to run `quorate` in. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../../bin/quorate.mjs", import.meta.url));

/** What a command printed, and how it ended. */
export type Ended = {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** A command that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on("data", (piece: Buffer) => {
      this.#stdout += piece.toString();
      for (const look of this.#waiting) look();
    });
    child.stderr?.on("data", (piece: Buffer) => {
      this.#stderr += piece.toString();
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve({ stdout: this.#stdout, stderr: this.#stderr, code, signal });
      });
    });
  }

  /** Resolves when `pattern` is in what was printed, with what it has found. Is rejected if the command ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const seen = (): RegExpExecArray | null => pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
    const said = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const found = seen();
        if (found === null) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
    const end = this.ended.then(({ stdout, stderr, code }) => {
      const found = seen();
      if (found !== null) return found;
      throw new Error(`It ended with ${code}, and did not say ${pattern}:\n${stdout}\n${stderr}`);
    });
    return await Promise.race([said, end]);
  }
}

export class Workplace {
  readonly folder: string = mkdtempSync(join(tmpdir(), "quorate-cli-"));
  readonly #running: Running[] = [];

  /** Runs `quorate` with these words, to its end. */
  async quorate(...words: readonly string[]): Promise<Ended> {
    return await this.start(words).ended;
  }

  start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
    return this.#spawn([COMMAND, ...words], environment);
  }

  /** Runs another program of this repository. */
  run(file: string, words: readonly string[]): Running {
    return this.#spawn(["--import", import.meta.resolve("tsx"), file, ...words], {});
  }

  #spawn(words: readonly string[], environment: NodeJS.ProcessEnv): Running {
    const child = spawn(process.execPath, words, {
      cwd: this.folder,
      // Whatever the tests run under must not colour or configure what the command does.
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const running = new Running(child);
    this.#running.push(running);
    return running;
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  write(file: string, content: string | Uint8Array): string {
    writeFileSync(this.path(file), content);
    return this.path(file);
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    for (const { child } of this.#running) child.kill("SIGKILL");
    await Promise.all(this.#running.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true });
  }
}
