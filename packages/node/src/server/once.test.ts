/** Requests through sessions are carried out once each, whatever is sent again, in whichever order, and by whomever restored. */

import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "../codec.ts";
import { hashKv, range, storeMachine } from "../store/index.ts";
import { get, put } from "../store/testing/requests.ts";
import type { ClientCommand, StoreCommand, StoreResult } from "../store/types.ts";
import { ANSWER_BYTES_MAX, isClientId, once, SESSIONS_MAX, UNDER_WAY_MAX } from "./once.ts";
import type { OnceResult, OnceState } from "./once.ts";

const NONCE = "00000000000000aa";

function open(nonce = NONCE): ClientCommand {
  return { type: "sessionOpen", nonce };
}

function request(client: string, sequence: number, command: StoreCommand, acknowledged = sequence): ClientCommand {
  return { type: "sessionRequest", client, sequence, acknowledged, command };
}

/** A machine whose commands have the indexes from 1 on. */
class Machine {
  state: OnceState;
  index = 0;

  constructor(state: OnceState = once.initial) {
    this.state = state;
  }

  apply(command: ClientCommand): OnceResult {
    expect(once.isCommand(command)).toBe(true);
    this.index += 1;
    const { state, result } = once.apply(this.state, command, this.index);
    this.state = state;
    return result;
  }

  openSession(nonce = NONCE): string {
    const { result } = this.apply(open(nonce));
    return result.ok && result.value.type === "sessionOpened" ? result.value.client : expect.fail("it was opened");
  }

  versionOf(key: string): number {
    const outcome = range(this.state.machine, get(key));
    return outcome.ok ? (outcome.value.kvs[0]?.version ?? 0) : expect.fail("it was read");
  }

  /** The same, written down and read again. */
  restored(): OnceState {
    return once.fromChunks(once.toChunks(this.state).map((chunk) => decode(encode(chunk))));
  }
}

describe("a request through a session", () => {
  test("is carried out the first time, and has the same answer each time", () => {
    const machine = new Machine();
    const client = machine.openSession();
    const first = machine.apply(request(client, 1, put("key", "a")));
    expect(first).toMatchObject({ result: { ok: true, revision: 2 }, applied: put("key", "a") });
    machine.apply(put("key", "by another"));
    const { machine: store } = machine.state;
    const second = machine.apply(request(client, 1, put("key", "a")));
    expect(second).toEqual({ result: first.result, applied: null });
    expect(machine.state.machine).toBe(store);
    expect(machine.versionOf("key")).toBe(2);
  });

  test("that failed has failed for good", () => {
    const machine = new Machine();
    const client = machine.openSession();
    const leased = { ...put("key", "a"), lease: "5" };
    expect(machine.apply(request(client, 1, leased)).result).toMatchObject({ ok: false, error: "leaseNotFound" });
    machine.apply({ type: "leaseGrant", id: "5", ttl: 60 });
    expect(machine.apply(request(client, 1, leased))).toMatchObject({
      result: { error: "leaseNotFound" },
      applied: null,
    });
    expect(machine.versionOf("key")).toBe(0);
  });

  test("is refused after its answer was acknowledged, and is not carried out", () => {
    const machine = new Machine();
    const client = machine.openSession();
    machine.apply(request(client, 1, put("key", "a")));
    machine.apply(request(client, 2, put("key", "b")));
    const late = machine.apply(request(client, 1, put("key", "a")));
    expect(late).toMatchObject({ result: { ok: false, error: "answerAcknowledged" }, applied: null });
    expect(machine.versionOf("key")).toBe(2);
  });

  test("may be one of several that are under way, in any order", () => {
    const machine = new Machine();
    const client = machine.openSession();
    for (const sequence of [3, 1, 2, 3, 1]) machine.apply(request(client, sequence, put(`${sequence}`, "a"), 1));
    expect(["1", "2", "3"].map((key) => machine.versionOf(key))).toEqual([1, 1, 1]);
  });

  test("of which only the answer is too long to be kept is not carried out again", () => {
    const machine = new Machine();
    const client = machine.openSession();
    const value = "v".repeat(ANSWER_BYTES_MAX);
    machine.apply(put("key", value));
    const asking = request(client, 1, { ...put("key", "b"), prevKv: true });
    expect(machine.apply(asking).result).toMatchObject({ ok: true, value: { prevKv: { value } } });
    expect(machine.apply(asking)).toMatchObject({ result: { ok: false, error: "answerTooLong" }, applied: null });
    expect(machine.versionOf("key")).toBe(2);
    expect(encode(once.toChunks(machine.state)).length).toBeLessThan(ANSWER_BYTES_MAX * 2);
  });
});

describe("a session", () => {
  test("that was never opened, or of another lineage, or no id at all, has expired", () => {
    const machine = new Machine();
    const client = machine.openSession();
    for (const other of [`${NONCE}-9`, "00000000000000bb-1", "none", `${client}-1`, `${client}0`]) {
      const answer = machine.apply(request(other, 1, put("key", "a")));
      expect(answer).toMatchObject({ result: { ok: false, error: "sessionExpired" }, applied: null });
    }
    expect(machine.versionOf("key")).toBe(0);
  });

  test("expires when there are too many others, the one that was used least recently first", () => {
    const machine = new Machine();
    const [old, used] = [machine.openSession(), machine.openSession()];
    machine.apply(request(old, 1, put("old", "a")));
    machine.apply(request(used, 1, put("used", "a")));
    for (let others = 2; others <= SESSIONS_MAX; others++) machine.openSession();
    expect(machine.apply(request(used, 1, put("used", "a"))).result).toMatchObject({ ok: true });
    expect(machine.apply(request(old, 1, put("old", "a"))).result).toMatchObject({ error: "sessionExpired" });
    expect(machine.versionOf("old")).toBe(1);
  });

  test("is in a snapshot, and in none that was written before there were sessions", () => {
    const machine = new Machine();
    const client = machine.openSession();
    machine.apply(request(client, 1, put("key", "a")));
    expect(machine.restored()).toEqual(machine.state);
    const earlier = once.fromChunks(storeMachine.toChunks(machine.state.machine));
    expect(earlier).toEqual({ lineage: null, sessions: [], machine: machine.state.machine });
  });

  test("of a cluster is none of another that was made of its data, whatever the index", () => {
    const machine = new Machine();
    const client = machine.openSession();
    machine.apply(request(client, 1, put("key", "a")));
    const other = new Machine(once.fromChunks(storeMachine.toChunks(machine.state.machine)));
    const own = other.openSession("00000000000000bb");
    expect(own).not.toBe(client);
    expect(other.apply(request(client, 1, put("key", "a"))).result).toMatchObject({ error: "sessionExpired" });
  });

  test("does not change the checksum over keys, and has no part in it", () => {
    const [through, plainly] = [new Machine(), new Machine()];
    const client = through.openSession();
    for (let sequence = 1; sequence <= 20; sequence++) {
      through.apply(request(client, sequence, put(`key${sequence % 7}`, `${sequence}`)));
      through.apply(request(client, sequence, put(`key${sequence % 7}`, `${sequence}`)));
      plainly.apply(put(`key${sequence % 7}`, `${sequence}`));
    }
    expect(hashKv(through.state.machine, 0)).toEqual(hashKv(plainly.state.machine, 0));
  });
});

describe("what is no command", () => {
  test.each<[string, Plain]>([
    ["a session without a nonce", { type: "sessionOpen" }],
    ["a nonce that is none", { type: "sessionOpen", nonce: "AA" }],
    ["a request without a client", { ...request("x", 1, put("key", "a")), client: 1 }],
    ["a request that acknowledges itself", request("x", 1, put("key", "a"), 2)],
    ["a request with too many under way", request("x", UNDER_WAY_MAX, put("key", "a"), 0)],
    ["a negative number", request("x", -1, put("key", "a"))],
    ["a request for nothing", { ...request("x", 1, put("key", "a")), command: null }],
    ["a request for half a put", { ...request("x", 1, put("key", "a")), command: { type: "put", key: "a" } }],
    ["a request in a request", { ...request("x", 1, put("key", "a")), command: request("x", 1, put("key", "a")) }],
    ["a command that is not a client's", request("x", 1, { type: "lessor", term: 1 })],
  ])("%s", (_, value) => {
    expect(once.isCommand(value)).toBe(false);
  });

  test("ids of clients are told from other texts", () => {
    expect([`${NONCE}-1`, `${NONCE}-9007199254740991`].map(isClientId)).toEqual([true, true]);
    for (const text of [
      "",
      NONCE,
      `${NONCE}-`,
      `${NONCE}-0`,
      `${NONCE}-01`,
      `${NONCE}-1-1`,
      "x-1",
      `${NONCE}-9999999999999999`,
    ])
      expect(isClientId(text)).toBe(false);
  });

  test("a snapshot with another lineage than there can be is refused", () => {
    const [, ...rest] = once.toChunks(once.initial);
    expect(() => once.fromChunks([{ lineage: "none" }, ...rest])).toThrow("lineage");
    expect(() => once.fromChunks([{ lineage: null }])).toThrow();
  });
});

/** What a client does: it opens a session, sends its next request, or sends one of its requests again. */
type Act =
  | { readonly type: "open" | "next" | "restore"; readonly who: number }
  | { readonly type: "again"; readonly who: number; readonly back: number };

const who = fc.nat(3);
const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("open", "restore"), who }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant("next"), who }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant("again"), who, back: fc.nat(4) }) },
  ),
  { minLength: 20, maxLength: 80, size: "max" },
);

type Sent = { readonly command: ClientCommand; readonly key: string; readonly first: StoreResult };

test("of any requests sent again, through any restores, each is carried out once, and no answer changes", () => {
  fc.assert(
    fc.property(acts, (sequence) => {
      const machine = new Machine();
      const clients = new Map<number, { readonly id: string; readonly sent: Sent[] }>();
      const all: Sent[] = [];
      for (const act of sequence) {
        const client = clients.get(act.who);
        if (act.type === "restore") machine.state = machine.restored();
        else if (act.type === "open" || client === undefined) {
          clients.set(act.who, { id: machine.openSession(`00000000000000${act.who}a`), sent: [] });
        } else if (act.type === "next") {
          const number = client.sent.length;
          const key = `${client.id}/${number}`;
          // Everything but the last three is acknowledged.
          const command = request(client.id, number, put(key, "a"), Math.max(0, number - 3));
          const sent = { command, key, first: machine.apply(command).result };
          expect(sent.first.ok).toBe(true);
          client.sent.push(sent);
          all.push(sent);
        } else if (act.type === "again") {
          const sent = client.sent.at(-1 - act.back);
          if (sent === undefined) continue;
          const { result, applied } = machine.apply(sent.command);
          expect(applied).toBeNull();
          if (act.back <= 3) expect(result).toEqual(sent.first);
          else expect(result).toMatchObject({ ok: false, error: "answerAcknowledged" });
        }
      }
      for (const { key } of all) expect(machine.versionOf(key)).toBe(1);
    }),
    { numRuns: 300 },
  );
});
