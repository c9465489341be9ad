/**
 * Leases. What they are and which keys hang on them is in the store; how much of each is left only the leader knows, by its
 * own monotonic clock. A lease ends by a command, which counts only as long as its leader is the lessor.
 *
 * A leader that takes over gives every lease its full time again: it can't know when each was last renewed.
 */

import type { Clock } from "../shell/clock.ts";
import type { LeaseId, StoreCommand } from "../store/types.ts";
import type { LeaseLife } from "./backend.ts";

export type LessorOptions = {
  readonly clock: Clock;
  /** Puts a command into the order; what becomes of it shows when it is applied. */
  readonly propose: (command: StoreCommand) => void;
  /** The lease's time to live in seconds, or null if there is no such lease. */
  readonly ttlOf: (id: LeaseId) => number | null;
  /** The number of the lease's grant, or null if there is no such lease. */
  readonly grantOf: (id: LeaseId) => number | null;
  readonly leases: () => Iterable<LeaseId>;
};

/** How often to look for leases whose time is over: they live longer by that, at most. */
const LOOK_MS = 500;

/** After this time an expiry that shows no effect is proposed again. */
const RETRY_MS = 5_000;

/** After this time without an effect a leader proposes again that it be the lessor. */
const CLAIM_MS = 1_000;

type Watch = {
  readonly term: number;
  /** When each lease ends, by `clock`. */
  readonly at: Map<LeaseId, number>;
  /** Those whose end has been proposed, and may be in the order already. */
  readonly ending: Set<LeaseId>;
};

export class Lessor {
  readonly #options: LessorOptions;
  /** Null unless this member is the lessor of its term. */
  #ends: Watch | null = null;
  #cancel: (() => void) | null = null;

  constructor(options: LessorOptions) {
    this.#options = options;
  }

  /** This member leads in `term`: from when that is in the order, what earlier leaders say of leases counts no more. */
  onElected(term: number): void {
    this.onDeposed();
    this.#claim(term);
  }

  onDeposed(): void {
    this.#ends = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** A command has been applied here, with success or without, while this member leads in `term`. */
  onApplied(command: StoreCommand, term: number, isOk: boolean): void {
    if (command.type === "lessor" && command.term === term && this.#ends === null) this.#begin(term);
    if (command.type === "leaseGrant" && isOk) {
      this.#ends?.ending.delete(command.id);
      this.renew(command.id);
    }
    if (command.type === "leaseRevoke" || command.type === "leaseExpire") {
      if (this.#options.ttlOf(command.id) !== null) return;
      this.#ends?.at.delete(command.id);
      this.#ends?.ending.delete(command.id);
    }
  }

  /** Whether the lease's end has been proposed: it can't be said any more that it lives on, nor yet that it does not. */
  isEnding(id: LeaseId): boolean {
    return this.#ends?.ending.has(id) ?? false;
  }

  /** The lease has its full time again. Null if there is no such lease, if it is ending, or if this member is not the lessor. */
  renew(id: LeaseId): LeaseLife | null {
    const ttl = this.#options.ttlOf(id);
    if (ttl === null || this.#ends === null || this.isEnding(id)) return null;
    this.#ends.at.set(id, this.#options.clock.now() + ttl * 1000);
    this.#arm();
    return { ttl, grantedTtl: ttl };
  }

  /** Null if there is no such lease, or if this member is not the lessor. */
  life(id: LeaseId): LeaseLife | null {
    const grantedTtl = this.#options.ttlOf(id);
    const end = this.#ends?.at.get(id);
    if (grantedTtl === null || end === undefined) return null;
    return { ttl: Math.max(0, Math.ceil((end - this.#options.clock.now()) / 1000)), grantedTtl };
  }

  get isLessor(): boolean {
    return this.#ends !== null;
  }

  stop(): void {
    this.onDeposed();
  }

  /** Until it is applied, what is proposed may have been lost, or not even been taken where too much is under way. */
  #claim(term: number): void {
    const { clock, propose } = this.#options;
    propose({ type: "lessor", term });
    this.#cancel = clock.alarm(clock.now() + CLAIM_MS, () => {
      this.#claim(term);
    });
  }

  #begin(term: number): void {
    this.onDeposed();
    this.#ends = { term, at: new Map(), ending: new Set() };
    for (const id of this.#options.leases()) this.renew(id);
  }

  #arm(): void {
    if (this.#ends === null || this.#ends.at.size === 0 || this.#cancel !== null) return;
    this.#cancel = this.#options.clock.alarm(this.#options.clock.now() + LOOK_MS, () => {
      this.#cancel = null;
      this.#expire();
      this.#arm();
    });
  }

  #expire(): void {
    if (this.#ends === null) return;
    const { term, at, ending } = this.#ends;
    const now = this.#options.clock.now();
    for (const [id, end] of at) {
      const grant = this.#options.grantOf(id);
      if (end > now || grant === null) continue;
      at.set(id, now + RETRY_MS);
      ending.add(id);
      this.#options.propose({ type: "leaseExpire", id, term, grant });
    }
  }
}
