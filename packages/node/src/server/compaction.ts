/**
 * When to let a snapshot stand for the beginning of the log.
 *
 * The snapshot is of an earlier state, so that the latest commands stay in the log for members that lack a few of them. The
 * store is an immutable value, and to keep an earlier one costs what has changed since.
 */

import type { MachineSignature, Plain, Replica } from "@quorate/core";
import { sizeOf } from "../sizes.ts";

export type CompactionLimits = {
  /** So many commands after the last snapshot there is another one. */
  readonly commands: number;
  /** Or so many bytes of commands. */
  readonly bytes: number;
  /** The part of both that stays in the log. */
  readonly kept: number;
};

type Mark<M extends MachineSignature> = {
  readonly replica: Replica<M>;
  readonly commands: number;
  readonly bytes: number;
};

export class Compaction<M extends MachineSignature> {
  readonly #limits: CompactionLimits;
  /** Commands and bytes since the last snapshot. */
  #commands = 0;
  #bytes = 0;
  /** Earlier states, the oldest first. */
  #marks: Mark<M>[] = [];

  constructor(limits: CompactionLimits) {
    this.#limits = limits;
  }

  onApplied(command: Plain): void {
    this.#commands += 1;
    this.#bytes += sizeOf(command);
  }

  /** The state of which to make a snapshot now, or null. It is given the present one. */
  next(replica: Replica<M>): Replica<M> | null {
    const { commands, bytes, kept } = this.#limits;
    const last = this.#marks.at(-1) ?? { commands: 0, bytes: 0 };
    // Four marks in what is kept: the log then holds between that and a quarter more.
    if (this.#commands - last.commands >= (commands * kept) / 4 || this.#bytes - last.bytes >= (bytes * kept) / 4) {
      this.#marks.push({ replica, commands: this.#commands, bytes: this.#bytes });
    }
    if (this.#commands < commands * (1 + kept) && this.#bytes < bytes * (1 + kept)) return null;
    const isOld = (mark: Mark<M>): boolean =>
      this.#commands - mark.commands >= commands * kept || this.#bytes - mark.bytes >= bytes * kept;
    const chosen = this.#marks.findLast(isOld);
    if (chosen === undefined) return null;
    const later = this.#marks.slice(this.#marks.indexOf(chosen) + 1);
    this.#marks = later.map(({ replica: of, commands: c, bytes: b }) => ({
      replica: of,
      commands: c - chosen.commands,
      bytes: b - chosen.bytes,
    }));
    this.#commands -= chosen.commands;
    this.#bytes -= chosen.bytes;
    return chosen.replica;
  }

  /** A snapshot has come from elsewhere: what was applied before no longer lies in the log. */
  onRestored(): void {
    this.#commands = 0;
    this.#bytes = 0;
    this.#marks = [];
  }
}
