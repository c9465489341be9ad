/** Compaction that nobody asks for: history that is older than a time, or than a number of revisions. As etcd has both. */

import type { AutoCompaction } from "../config/options.ts";
import type { Clock } from "../shell/clock.ts";

export type AutoCompactorOptions = {
  readonly mode: AutoCompaction;
  readonly clock: Clock;
  readonly revision: () => number;
  readonly compacted: () => number;
  readonly compact: (revision: number) => void;
};

/** How often to look where a number of revisions is kept. */
const REVISION_LOOK_MS = 5 * 60_000;
/** A time is measured in so many parts: what is older by less than one of them may stay. */
const PARTS = 10;

export class AutoCompactor {
  readonly #options: AutoCompactorOptions;
  readonly #everyMs: number;
  /** The store's revisions at the last looks, the oldest first. */
  #past: number[] = [];
  #cancel: () => void;

  constructor(options: AutoCompactorOptions) {
    this.#options = options;
    const { mode } = options;
    this.#everyMs = mode.mode === "periodic" ? mode.everyMs / PARTS : REVISION_LOOK_MS;
    this.#cancel = this.#lookLater();
  }

  stop(): void {
    this.#cancel();
  }

  #lookLater(): () => void {
    const { clock } = this.#options;
    return clock.alarm(clock.now() + this.#everyMs, () => {
      this.#look();
      this.#cancel = this.#lookLater();
    });
  }

  #look(): void {
    const revision = this.#due();
    if (revision !== null && revision > this.#options.compacted()) this.#options.compact(revision);
  }

  /** The revision up to which history is to go, or null. */
  #due(): number | null {
    const { mode, revision } = this.#options;
    if (mode.mode === "revision") return revision() - mode.kept;
    this.#past = [...this.#past, revision()].slice(-PARTS - 1);
    return this.#past.length > PARTS ? (this.#past[0] ?? null) : null;
  }
}
