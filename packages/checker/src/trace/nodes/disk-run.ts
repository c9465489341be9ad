/** What a node's disk holds in one life, by what its trace says. */

import type { Plain } from "@quorate/core";
import type { Digester } from "@quorate/core/trace";
import { Deviation } from "./deviation.ts";
import type { Place } from "./deviation.ts";

/** Which step returned a state. */
export type Earlier = Map<string, { readonly life: number; readonly n: number }>;

/** How many states that came before are remembered. The oldest one of all, which a lost disk begins with, always is. */
const EARLIER_MAX = 65_536;

type Returned = { readonly n: number; readonly version: number; readonly durable: Plain; readonly digest: string };

export class DiskRun {
  readonly #digester: Digester;
  /** The state that the disk is known to hold, and those that were returned after it. */
  #returned: readonly [Returned, ...Returned[]];
  /** By digest, the states that came before, in this life or an earlier one: what a disk must not go back to. */
  readonly #earlier: Earlier;
  readonly #life: number;
  /** The step whose durable state has been flushed and not been told of. */
  #untold: number | null = null;

  constructor(digester: Digester, durable: Plain, life: number, earlier: Earlier) {
    this.#digester = digester;
    this.#life = life;
    this.#earlier = earlier;
    this.#returned = [{ n: 0, version: 0, durable, digest: digester.digest(durable) }];
  }

  /** That of a life of which only what comes later is known. */
  static resumed(
    digester: Digester,
    durables: readonly { readonly n: number; readonly durable: Plain }[],
    flushed: number,
    latest: Plain,
    life: number,
  ): DiskRun {
    const [first] = durables;
    const run = new DiskRun(digester, first?.durable ?? latest, life, new Map());
    const [begun] = run.#returned;
    run.#returned = [{ ...begun, n: first?.n ?? flushed }];
    for (const { n, durable } of durables.slice(1)) run.returned(n, durable);
    return run;
  }

  /** How many durable states came before the latest one, and before the one on disk. */
  get version(): number {
    return this.#latest.version;
  }

  get flushedVersion(): number {
    return this.#returned[0].version;
  }

  /** What the disk is known to hold. */
  get durable(): Plain {
    return this.#returned[0].durable;
  }

  get #latest(): Returned {
    return this.#returned.at(-1) ?? this.#returned[0];
  }

  returned(n: number, durable: Plain): void {
    const added = { n, version: this.version + 1, durable, digest: this.#digester.digest(durable) };
    this.#returned = [...this.#returned, added];
  }

  /** The version that the disk holds from now on. */
  flushed(n: number | null, place: Place): number {
    const at = this.#returned.findLastIndex((of) => of.n === n);
    const [flushed, ...later] = this.#returned.slice(Math.max(at, 0));
    if (at === -1 || flushed === undefined) {
      const which = n === null ? "a durable state that no step returned" : `the durable state of step ${n}`;
      const reason = `the disk is said to hold ${which}, which is none of those that it could`;
      throw new Deviation("shell", "flushedUnknown", place, reason);
    }
    for (const before of this.#returned.slice(0, at)) this.#remember(before);
    this.#returned = [flushed, ...later];
    this.#untold = flushed.n;
    return flushed.version;
  }

  /** The durable state of step `n`, of which the protocol is told now. */
  told(n: number, place: Place): Returned {
    const [flushed] = this.#returned;
    if (this.#untold !== n) {
      const reason =
        flushed.n === n
          ? `the protocol was told once more that the disk holds the durable state of step ${n}`
          : `the protocol was told that the disk holds the durable state of step ${n}, and it holds that of step ${flushed.n}`;
      throw new Deviation("shell", "persistedBeforeFlush", place, reason);
    }
    this.#untold = null;
    return flushed;
  }

  /** Nothing happens between a flush and the word of it. */
  demandTold(place: Place): void {
    if (this.#untold === null) return;
    const reason = `the disk holds the durable state of step ${this.#untold}, and the protocol was given something else before it was told`;
    throw new Deviation("shell", "persistedLate", place, reason);
  }

  /**
   * Whether the next life may begin with `durable`.
   *
   * @throws Deviation if it is an earlier state, or one that no step returned although all steps are known
   * @returns whether it is known
   */
  demandNotLost(durable: Plain, isTorn: boolean, place: Place): boolean {
    const digest = this.#digester.digest(durable);
    if (this.#returned.some((of) => of.digest === digest)) return true;
    const [flushed] = this.#returned;
    const found = this.#earlier.get(digest);
    if (found !== undefined) {
      const reason =
        `it begins with the durable state of step ${found.n} of life ${found.life}, and the disk was said to hold that ` +
        `of step ${flushed.n} of life ${this.#life}: the disk lost step ${flushed.n}`;
      throw new Deviation("shell", "lostWrite", place, reason);
    }
    if (isTorn) return false;
    const reason = `it begins with a durable state that no step of the life before returned since step ${flushed.n}, which the disk was said to hold`;
    throw new Deviation("shell", "otherDisk", place, reason);
  }

  /** What the disk of a next life that begins with `durable` must not go back to. */
  earlierThan(durable: Plain): Earlier {
    const digest = this.#digester.digest(durable);
    const at = this.#returned.findIndex((of) => of.digest === digest);
    for (const before of this.#returned.slice(0, at === -1 ? undefined : at)) this.#remember(before);
    this.#earlier.delete(digest);
    return this.#earlier;
  }

  #remember({ digest, n }: Returned): void {
    this.#earlier.set(digest, { life: this.#life, n });
    if (this.#earlier.size <= EARLIER_MAX) return;
    const keys = this.#earlier.keys();
    keys.next();
    const { value: second } = keys.next();
    if (second !== undefined) this.#earlier.delete(second);
  }
}
