/** Revisions, versions and errors, command by command, as an etcd 3.4 answers. */

import { describe, expect, test } from "vitest";
import { compactedOf, keyCountOf, leaseOf, leasesOf, range, revisionOf, storeMachine } from "./index.ts";
import type { StoreState } from "./index.ts";
import type { StoreCommand } from "./types.ts";
import { after, errorOf, run } from "./testing/run.ts";
import { del, get, ifVersion, put, txn } from "./testing/requests.ts";

const { initial } = storeMachine;

/** The keys of the whole store with their values, at a revision. */
function contents(state: StoreState, revision = 0): string {
  const answer = range(state, get("", "\0", { revision }));
  return answer.ok ? answer.value.kvs.map(({ key, value }) => `${key}=${value}`).join(" ") : answer.error;
}

describe("revisions", () => {
  test("begin with 1, and each change is one more", () => {
    expect(revisionOf(initial)).toBe(1);
    const { state, results } = run(initial, put("a", "1"), put("a", "2"), del("a"), put("a", "3"));
    expect(results.map(({ revision }) => revision)).toEqual([2, 3, 4, 5]);
    expect(range(state, get("a"))).toEqual({
      ok: true,
      revision: 5,
      value: {
        type: "range",
        kvs: [{ key: "a", value: "3", createRevision: 5, modRevision: 5, version: 1, lease: "0" }],
        more: false,
        count: 1,
      },
    });
  });

  test("are kept, and read as they were", () => {
    const state = after(put("a", "1"), put("b", "1"), put("a", "2"), del("b"), put("c", "1"));
    expect([1, 2, 3, 4, 5, 6].map((revision) => contents(state, revision))).toEqual([
      "",
      "a=1",
      "a=1 b=1",
      "a=2 b=1",
      "a=2",
      "a=2 c=1",
    ]);
    expect(contents(state, 7)).toBe("futureRevision");
  });

  test("a deletion of nothing makes none, and changes nothing", () => {
    const state = after(put("a", "1"));
    const { state: same, result } = storeMachine.apply(state, del("b", "\0"), 1);
    expect(same).toBe(state);
    expect(result).toEqual({ ok: true, revision: 2, value: { type: "deleteRange", deleted: 0, prevKvs: [] } });
  });

  test("a transaction makes one, however much it changes", () => {
    const { state, results } = run(initial, txn([put("a", "1"), put("b", "1"), txn([put("c", "1")])]));
    expect(results[0]?.revision).toBe(2);
    expect(contents(state, 2)).toBe("a=1 b=1 c=1");
    expect(contents(state, 1)).toBe("");
  });
});

describe("transactions", () => {
  test("see what they have written", () => {
    const { results } = run(initial, txn([put("a", "1"), get("a"), put("b", "1"), get("", "\0", { countOnly: true })]));
    expect(results[0]).toMatchObject({ value: { responses: [{}, { kvs: [{ value: "1" }] }, {}, { count: 2 }] } });
  });

  test("judge all conditions by the state before, those of nested transactions too", () => {
    const nested = txn([put("b", "changed")], [put("b", "as before")], [ifVersion("a", 0)]);
    expect(contents(after(txn([put("a", "1"), nested])))).toBe("a=1 b=changed");
  });

  test.each([
    ["two puts", [put("a", "1"), put("a", "2")]],
    ["a put and a deletion, in any order", [put("a", "1"), del("a")]],
    ["a put in a deleted range", [del("a", "c"), put("b", "1")]],
    ["a put here and one in a nested transaction", [put("a", "1"), txn([put("a", "2")])]],
    ["a put here and a nested deletion", [put("a", "1"), txn([], [del("a")])]],
    ["two nested puts", [txn([put("a", "1")]), txn([], [put("a", "2")])]],
    ["a nested deletion and then a nested put", [txn([del("a")]), txn([put("a", "1")])]],
  ])("change a key once: %s", (_what, ops) => {
    expect(errorOf(initial, txn(ops))).toBe("duplicateKey");
    expect(errorOf(initial, txn([], ops))).toBe("duplicateKey");
  });

  test.each([
    ["what excludes each other", [txn([put("a", "1")], [put("a", "2")]), txn([del("b")], [put("b", "1")])]],
    ["two deletions", [del("a"), del("a", "c")]],
    ["a put beside a deleted range", [del("a", "c"), put("c", "1")]],
    ["a nested put and then a nested deletion", [txn([put("a", "1")]), txn([del("a")])]],
    ["a deletion of all keys and a put", [del("a", "\0"), put("b", "1")]],
  ])("may have %s", (_what, ops) => {
    expect(errorOf(initial, txn(ops))).toBe(null);
  });

  test("fail whole, before anything is changed", () => {
    const state = after(put("a", "1"));
    for (const [error, op] of [
      ["keyNotFound", put("x", "", { ignoreValue: true })],
      ["leaseNotFound", put("x", "", { lease: "7" })],
      ["futureRevision", get("a", "", { revision: 3 })],
    ] as const) {
      const { state: same, result } = storeMachine.apply(state, txn([put("b", "1"), op]), 1);
      expect(result).toEqual({ ok: false, error, revision: 2 });
      expect(same).toBe(state);
    }
  });

  test("where etcd 3.4 would crash, fail: a kept value that a deletion of all keys took away", () => {
    const state = after(put("a", "1"));
    expect(errorOf(state, txn([del("a", "\0"), put("a", "", { ignoreValue: true })]))).toBe("keyNotFound");
  });
});

describe("compaction", () => {
  const state = after(put("a", "1"), put("b", "1"), put("a", "2"), del("b"), put("a", "3"));

  test("forgets older revisions, and keeps what is seen at its own", () => {
    const compacted = run(state, { type: "compact", revision: 4 }).state;
    expect([3, 4, 5, 6].map((revision) => contents(compacted, revision))).toEqual([
      "compacted",
      "a=2 b=1",
      "a=2",
      "a=3",
    ]);
    expect(compactedOf(compacted)).toBe(4);
    expect(compacted.history.count).toBe(2);
    expect(run(compacted, { type: "compact", revision: 6 }).state.history.count).toBe(0);
  });

  test("goes forward, and not beyond the newest revision", () => {
    const compacted = run(state, { type: "compact", revision: 4 }).state;
    expect(errorOf(compacted, { type: "compact", revision: 4 })).toBe("compacted");
    expect(errorOf(compacted, { type: "compact", revision: 7 })).toBe("futureRevision");
    expect(errorOf(initial, { type: "compact", revision: 0 })).toBe(null);
  });
});

describe("leases", () => {
  const grant = { type: "leaseGrant", id: "7", ttl: 60 } as const;
  const state = after(grant, put("b", "1", { lease: "7" }), put("a", "1", { lease: "7" }), put("c", "1"));

  test("take their keys along, in one revision", () => {
    expect(leaseOf(state, "7")).toEqual({ id: "7", ttl: 60, keys: ["a", "b"] });
    const { state: revoked, results } = run(state, { type: "leaseRevoke", id: "7" });
    expect(results[0]?.revision).toBe(5);
    expect(contents(revoked)).toBe("c=1");
    expect(leaseOf(revoked, "7")).toBe(null);
  });

  test("lose a key that is put without them, or deleted, and keep one that is put with ignoreLease", () => {
    const keys = (...commands: readonly StoreCommand[]): unknown => leaseOf(run(state, ...commands).state, "7")?.keys;
    expect(keys(put("a", "2"))).toEqual(["b"]);
    expect(keys(del("a", "\0"))).toEqual([]);
    expect(keys(put("a", "2", { ignoreLease: true }))).toEqual(["a", "b"]);
  });

  test("are there once", () => {
    expect(errorOf(state, grant)).toBe("leaseExists");
    expect(errorOf(state, { type: "leaseRevoke", id: "8" })).toBe("leaseNotFound");
    expect(errorOf(state, put("a", "1", { lease: "8" }))).toBe("leaseNotFound");
  });

  test("stand in the order of numbers", () => {
    const ids = ["10", "9", "9223372036854775807"].map((id) => ({ type: "leaseGrant", id, ttl: 1 }) as const);
    expect(leasesOf(after(...ids))).toEqual(["9", "10", "9223372036854775807"]);
  });

  test("run out only if the leader that watches over them says so", () => {
    const later = run(state, { type: "lessor", term: 3 }, { type: "lessor", term: 2 }).state;
    const stale = run(later, { type: "leaseExpire", id: "7", term: 2, grant: 1 }).state;
    expect(stale).toBe(later);
    expect(keyCountOf(run(later, { type: "leaseExpire", id: "7", term: 3, grant: 1 }).state)).toBe(1);
  });

  test("that run out twice take no later lease with the same id along", () => {
    const expire = { type: "leaseExpire", id: "7", term: 0, grant: 1 } as const;
    const gone = run(state, expire).state;
    expect([leasesOf(gone), keyCountOf(gone)]).toEqual([[], 1]);
    expect(errorOf(gone, expire)).toBe("leaseNotFound");
    const again = run(gone, { ...grant, ttl: 9 }, put("a", "2", { lease: "7" })).state;
    const { state: same, results } = run(again, expire);
    expect(results).toMatchObject([{ ok: true, value: { type: "done" } }]);
    expect(same).toBe(again);
    expect(keyCountOf(run(again, { ...expire, grant: 2 }).state)).toBe(1);
  });
});

describe("an alarm for want of space", () => {
  const member = "00000000000000aa";
  const alarm = { member, alarm: "noSpace" } as const;
  const full = after(put("a", "1"), { type: "alarmRaise", ...alarm });

  test.each([
    put("b", "1"),
    txn([], [put("b", "1")]),
    txn([txn([put("b", "1")])]),
    { type: "leaseGrant", id: "7", ttl: 1 } as const,
  ])("refuses what takes more: %j", (command) => {
    expect(errorOf(full, command)).toBe("noSpace");
    expect(errorOf(run(full, { type: "alarmClear", ...alarm }).state, command)).toBe(null);
  });

  test("lets through what makes room", () => {
    for (const command of [del("a"), txn([del("a")]), { type: "compact", revision: 2 } as const]) {
      expect(errorOf(full, command)).toBe(null);
    }
  });
});

describe("an alarm for corruption", () => {
  const alarm = { member: "00000000000000aa", alarm: "corrupt" } as const;
  const sound = after(
    { type: "leaseGrant", id: "7", ttl: 1 },
    { type: "lessor", term: 3 },
    put("a", "1", { lease: "7" }),
  );
  const corrupt = run(sound, { type: "alarmRaise", ...alarm }).state;

  test.each<StoreCommand>([
    put("b", "1"),
    del("a"),
    txn([], [txn([del("a")])]),
    { type: "compact", revision: 2 },
    { type: "leaseGrant", id: "8", ttl: 1 },
    { type: "leaseRevoke", id: "7" },
    { type: "leaseExpire", id: "7", term: 3, grant: 1 },
  ])("refuses what changes anything: %j", (command) => {
    const { state, result } = storeMachine.apply(corrupt, command, 1);
    expect(result).toEqual({ ok: false, error: "corrupt", revision: 2 });
    expect(state).toBe(corrupt);
    expect(errorOf(run(corrupt, { type: "alarmClear", ...alarm }).state, command)).toBe(null);
  });

  test("lets keys be read, leaders be found and alarms be cleared", () => {
    expect(contents(corrupt)).toBe("a=1");
    for (const command of [txn([get("a"), txn([get("a")])]), { type: "lessor", term: 4 } as const]) {
      expect(errorOf(corrupt, command)).toBe(null);
    }
  });

  test("comes before one for want of space", () => {
    const both = run(corrupt, { type: "alarmRaise", ...alarm, alarm: "noSpace" }).state;
    expect(errorOf(both, put("b", "1"))).toBe("corrupt");
  });
});
