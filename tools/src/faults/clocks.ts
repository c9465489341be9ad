/**
 * The wall clocks of members, which jump when they are told to. Debian's libfaketime, loaded before the C library, answers
 * for it in everything that a process does, and leaves monotonic time alone (github wolfcw/libfaketime).
 */

import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { eventually } from "./stage.ts";

/** How far the time that a member tells may be from what it was made to be, for the way that question and answer take. */
const TOLERANCE_MS = 800;

export class Clocks {
  readonly #directory: string;
  readonly #library: string;

  /** `directory` is for a file for each member. */
  constructor(directory: string, library: string) {
    this.#directory = directory;
    this.#library = library;
  }

  environmentOf(name: string): Readonly<Record<string, string>> {
    const file = this.#file(name);
    if (!existsSync(file)) writeFileSync(file, "+0");
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      // The file is looked at once in so many seconds.
      FAKETIME_CACHE_DURATION: "1",
      // Times of files are the machine's.
      NO_FAKE_STAT: "1",
    };
  }

  /**
   * The wall clocks of these members are so many seconds ahead, and each has said so.
   *
   * @throws Error (by rejection) if a member does not notice
   */
  async jump(names: readonly string[], seconds: number, cluster: Cluster): Promise<void> {
    for (const name of names) {
      const file = this.#file(name);
      writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}`);
      renameSync(`${file}.new`, file);
    }
    for (const name of names) {
      await eventually(async () => {
        const told = await cluster.process(name)?.wallMs();
        if (told === undefined) throw new Error(`${name} does not run.`);
        const difference = told - Date.now() - seconds * 1_000;
        if (Math.abs(difference) > TOLERANCE_MS) {
          throw new Error(`${name} should be ${seconds} s ahead, and is off by ${difference} ms.`);
        }
      });
    }
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.clock`);
  }
}

const ROOTS: readonly string[] = ["/usr/lib", "/usr/lib64"];
const LIBRARY = join("faketime", "libfaketimeMT.so.1");

/** Where libfaketime is, null if it is not installed. Debian puts it into a folder named after the machine's kind. */
export function findLibfaketime(): string | null {
  const folders = ROOTS.filter((root) => existsSync(root)).flatMap((root) => [
    root,
    ...readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(root, name)),
  ]);
  return folders.map((folder) => join(folder, LIBRARY)).find((file) => existsSync(file)) ?? null;
}
