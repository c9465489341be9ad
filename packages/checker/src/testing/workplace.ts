/** A user's folder to run the command in: the fixtures, and the checker among its dependencies. */

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const CHECKER = fileURLToPath(new URL("../..", import.meta.url));

/** What a command printed, and what it exited with. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export class Workplace {
  readonly folder: string = mkdtempSync(join(tmpdir(), "quorate-"));

  constructor() {
    cpSync(join(CHECKER, "src/cli/fixtures"), this.folder, { recursive: true });
    this.write("package.json", `{ "type": "module" }`);
    mkdirSync(join(this.folder, "node_modules/@quorate"), { recursive: true });
    symlinkSync(CHECKER, join(this.folder, "node_modules/@quorate/checker"));
  }

  /** Runs `check` with these words. */
  check(...words: readonly string[]): Promise<Ended> {
    return this.checkIn(".", words);
  }

  /** Runs `check` in a folder below this one. */
  checkIn(folder: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return ended(this.start(folder, words, environment));
  }

  /** Starts `check`, and calls `onStart` when it says on standard error that the fixture is under way. */
  checkUntilUnderWay(words: readonly string[], onStart: (child: ChildProcess) => void): Promise<Ended> {
    const child = this.start(".", words, {});
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      const wasUnderWay = said.includes("under way");
      said += chunk.toString();
      if (!wasUnderWay && said.includes("under way")) onStart(child);
    });
    return ended(child);
  }

  write(file: string, content: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), content);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private start(folder: string, words: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
    return spawn(process.execPath, [join(CHECKER, "bin/check.mjs"), ...words], {
      cwd: join(this.folder, folder),
      // Whatever the tests run under must not colour what the command prints.
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("The command prints to pipes.");
  const exit = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  const [printed, said, code] = await Promise.all([text(stdout), text(stderr), exit]);
  return { stdout: printed, stderr: said, code };
}
