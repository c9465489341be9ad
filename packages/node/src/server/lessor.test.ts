/** Leases end when their time is over, and never after somebody was told that they live on. */

import { expect, test } from "vitest";
import { FakeClock } from "../shell/fake-clock.ts";
import type { LeaseId, StoreCommand } from "../store/types.ts";
import { LeaseCalls } from "./lease-calls.ts";
import { Lessor } from "./lessor.ts";

class Rig {
  readonly clock = new FakeClock();
  readonly leases = new Map<LeaseId, number>();
  #grants = new Map<LeaseId, number>();
  #proposed: StoreCommand[] = [];
  readonly lessor: Lessor = new Lessor({
    clock: this.clock,
    propose: (command) => this.#proposed.push(command),
    ttlOf: (id) => this.leases.get(id) ?? null,
    grantOf: (id) => (this.leases.has(id) ? (this.#grants.get(id) ?? null) : null),
    leases: () => this.leases.keys(),
  });

  /** What was proposed since it was last asked. */
  proposed(): readonly StoreCommand[] {
    return this.#proposed.splice(0);
  }

  elect(term: number): void {
    this.lessor.onElected(term);
    this.lessor.onApplied({ type: "lessor", term }, term, true);
    this.proposed();
  }

  grant(id: LeaseId, ttl: number): void {
    const isNew = !this.leases.has(id);
    if (isNew) {
      this.leases.set(id, ttl);
      this.#grants.set(id, (this.#grants.get(id) ?? 0) + 1);
    }
    this.lessor.onApplied({ type: "leaseGrant", id, ttl }, 1, isNew);
  }

  expire(id: LeaseId): void {
    this.leases.delete(id);
    this.lessor.onApplied({ type: "leaseExpire", id, term: 1, grant: 1 }, 1, true);
  }
}

const expiry = (id: LeaseId, term: number, grant = 1): StoreCommand => ({ type: "leaseExpire", id, term, grant });

test("a lease ends when its time is over, not before, and is forgotten once that is applied", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 10);
  rig.clock.advance(9_999);
  expect(rig.proposed()).toEqual([]);
  rig.clock.advance(501);
  expect(rig.proposed()).toEqual([expiry("7", 1)]);
  rig.expire("7");
  rig.clock.advance(60_000);
  expect(rig.proposed()).toEqual([]);
  expect(rig.lessor.renew("7")).toBeNull();
});

test("of leases with one id, each has an end of its own", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 10);
  rig.clock.advance(10_500);
  expect(rig.proposed()).toEqual([expiry("7", 1, 1)]);
  rig.expire("7");
  rig.grant("7", 10);
  rig.clock.advance(9_000);
  expect(rig.proposed()).toEqual([]);
  rig.clock.advance(1_500);
  expect(rig.proposed()).toEqual([expiry("7", 1, 2)]);
});

test("a lease that is renewed has its full time from then", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 10);
  rig.clock.advance(9_000);
  expect(rig.lessor.life("7")).toEqual({ ttl: 1, grantedTtl: 10 });
  expect(rig.lessor.renew("7")).toEqual({ ttl: 10, grantedTtl: 10 });
  rig.clock.advance(9_999);
  expect(rig.proposed()).toEqual([]);
  rig.clock.advance(501);
  expect(rig.proposed()).toEqual([expiry("7", 1)]);
});

test("an end that shows no effect is proposed again", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 1);
  rig.clock.advance(1_500);
  rig.proposed();
  rig.clock.advance(5_500);
  expect(rig.proposed()).toEqual([expiry("7", 1)]);
});

test("a lease whose end is proposed can't be renewed: the end may be in the order already", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 1);
  rig.clock.advance(1_500);
  expect(rig.lessor.isEnding("7")).toBe(true);
  expect(rig.lessor.renew("7")).toBeNull();
  // Another lease of that name is another lease.
  rig.leases.delete("7");
  rig.grant("7", 10);
  expect(rig.lessor.isEnding("7")).toBe(false);
  expect(rig.lessor.renew("7")).toEqual({ ttl: 10, grantedTtl: 10 });
});

test("a grant that failed because there is such a lease does not renew it", () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 10);
  rig.clock.advance(8_000);
  rig.grant("7", 10);
  expect(rig.lessor.life("7")).toEqual({ ttl: 2, grantedTtl: 10 });
});

test("an end of another leader's that did not count leaves the lease to be watched over", () => {
  const rig = new Rig();
  rig.elect(2);
  rig.grant("7", 10);
  rig.lessor.onApplied(expiry("7", 1), 2, true);
  rig.clock.advance(10_500);
  expect(rig.proposed()).toEqual([expiry("7", 2)]);
});

test("a new leader gives every lease its full time, from when it is the lessor", () => {
  const rig = new Rig();
  rig.leases.set("7", 10);
  rig.lessor.onElected(3);
  expect(rig.lessor.isLessor).toBe(false);
  expect(rig.lessor.renew("7")).toBeNull();
  expect(rig.lessor.life("7")).toBeNull();
  // What an earlier leader of its own has proposed says nothing of this term.
  rig.lessor.onApplied({ type: "lessor", term: 1 }, 3, true);
  expect(rig.lessor.isLessor).toBe(false);
  rig.clock.advance(900);
  rig.lessor.onApplied({ type: "lessor", term: 3 }, 3, true);
  expect(rig.lessor.life("7")).toEqual({ ttl: 10, grantedTtl: 10 });
});

test("a leader that could not say that it is the lessor says so again, and once it is no more", () => {
  const rig = new Rig();
  rig.leases.set("7", 10);
  rig.lessor.onElected(1);
  expect(rig.proposed()).toEqual([{ type: "lessor", term: 1 }]);
  rig.clock.advance(1_000);
  expect(rig.proposed()).toEqual([{ type: "lessor", term: 1 }]);
  rig.lessor.onApplied({ type: "lessor", term: 1 }, 1, true);
  rig.clock.advance(9_000);
  // The second of the two gives no time.
  rig.lessor.onApplied({ type: "lessor", term: 1 }, 1, true);
  expect(rig.proposed()).toEqual([]);
  expect(rig.lessor.life("7")).toEqual({ ttl: 1, grantedTtl: 10 });
});

test.each(["onDeposed", "stop"] as const)("after %s it says nothing more", (end) => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 1);
  rig.lessor[end]();
  rig.clock.advance(60_000);
  expect(rig.proposed()).toEqual([]);
  expect(rig.lessor.renew("7")).toBeNull();
  expect(rig.lessor.life("7")).toBeNull();
  rig.lessor.onElected(2);
  rig.lessor[end]();
  rig.proposed();
  rig.clock.advance(60_000);
  expect(rig.proposed()).toEqual([]);
});

function callsOf(rig: Rig, linearize: () => Promise<void>): LeaseCalls {
  return new LeaseCalls({
    self: "1",
    lessor: rig.lessor,
    leader: () => "1",
    linearize,
    peers: { ask: () => Promise.reject(new Error("This member leads.")) },
    clock: rig.clock,
    requestTimeoutMs: 1_000,
    retryMs: 100,
    onSetback: () => undefined,
  });
}

test("a renewal that comes while the lease is ending hears of the end, and not that the lease lives", async () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 1);
  // The time is over while the leader makes sure that it leads.
  const calls = callsOf(rig, () => {
    if (rig.clock.now() === 0) rig.clock.advance(1_500);
    return Promise.resolve();
  });
  expect(await calls.answer({ type: "renewLease", id: "7" })).toEqual({ type: "notLeader" });
  rig.expire("7");
  expect(await calls.answer({ type: "renewLease", id: "7" })).toEqual({ type: "life", life: null });
});

test("nobody is told of a lease by a leader that has lost its office while it made sure", async () => {
  const rig = new Rig();
  rig.elect(1);
  rig.grant("7", 10);
  const calls = callsOf(rig, () => {
    rig.lessor.onDeposed();
    return Promise.resolve();
  });
  expect(await calls.answer({ type: "renewLease", id: "7" })).toEqual({ type: "notLeader" });
});
