/** Clients that lose their answers and ask again, through the API of a whole cluster: what they asked for is done once. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiClient } from "./api/testing/client.ts";
import { restoreMember } from "./server/restore.ts";
import { hashKv, range } from "./store/index.ts";
import { get } from "./store/testing/requests.ts";
import type { KeyValue } from "./store/types.ts";
import { randomFrom, seedOfRun } from "./storage/harness.ts";
import { LocalCluster } from "./testing/local-cluster.ts";

let cluster: LocalCluster;
let clients: Map<string, ApiClient>;

beforeEach(() => {
  clients = new Map();
});

afterEach(async () => {
  for (const client of clients.values()) client.close();
  await cluster.close();
});

/** A client of one member, which stays with its address. */
function clientOf(name: string): ApiClient {
  const known = clients.get(name);
  if (known !== undefined) return known;
  const client = new ApiClient(cluster.endpoint(name));
  clients.set(name, client);
  return client;
}

async function openSession(name: string): Promise<string> {
  const response = await clientOf(name).call("Sessions", "Open", {});
  return String(fieldOf(response, "client_id"));
}

function fieldOf(message: unknown, field: string): unknown {
  return message !== null && typeof message === "object" ? Reflect.get(message, field) : undefined;
}

function put(name: string, client: string, sequence: number, key: string, timeoutMs = 10_000): Promise<unknown> {
  const metadata = { "quorate-client-id": client, "quorate-sequence": String(sequence) };
  const request = { key: Buffer.from(key), value: Buffer.from(`${sequence}`), prev_kv: true };
  return clientOf(name).call("KV", "Put", request, { metadata, timeoutMs });
}

function revisionIn(response: unknown): unknown {
  return fieldOf(fieldOf(response, "header"), "revision");
}

/** The key as a member has it after all that was done before. */
async function read(name: string, key: string): Promise<KeyValue | undefined> {
  const { member } = cluster.node(name);
  await member.linearize();
  const outcome = range(member.store(), get(key));
  return outcome.ok ? outcome.value.kvs[0] : expect.fail("it was read");
}

describe("a client with a session whose leader fails after it has carried out a request, and before it answers", () => {
  test("asks another member, and has the answer to what was done once", async () => {
    cluster = await LocalCluster.start(3);
    const first = await cluster.leader();
    const session = await openSession(first);
    const applied = new Promise<void>((resolve) => {
      cluster.onApplied = (name, command) => {
        if (name === first && command.type === "put") resolve();
      };
    });
    // Whatever comes back of this is lost to the client.
    put(first, session, 1, "key").catch(() => undefined);
    await applied;
    await cluster.stop(first);
    const second = await cluster.leader();
    const again = await put(second, session, 1, "key");
    expect(await read(second, "key")).toMatchObject({ version: 1, value: "1" });
    expect(fieldOf(again, "prev_kv")).toBeNull();
    // A third answer, from one that does not lead, is the same.
    const follower = cluster.names.find((name) => name !== second) ?? "";
    expect(revisionIn(await put(follower, session, 1, "key"))).toBe(revisionIn(again));
    expect(await read(follower, "key")).toMatchObject({ version: 1 });
  });
});

describe("sessions", () => {
  test("are in the snapshot that a member gets which was away, and on its disk", async () => {
    cluster = await LocalCluster.start(3, { snapshotCount: 100 });
    const leader = await cluster.leader();
    const away = cluster.names.find((name) => name !== leader) ?? "";
    const session = await openSession(leader);
    await put(leader, session, 1, "key");
    await cluster.stop(away);
    const { member } = cluster.node(leader);
    for (let at = 0; at < 400; at += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, of) => member.propose({ type: "leaseRevoke", id: `${at + of + 1}` })),
      );
    }
    const restarted = await cluster.run(away);
    await restarted.member.linearize();
    clients.delete(away);
    await cluster.stop(away);
    await cluster.run(away);
    // A member answers from its own state, whoever leads.
    await eventually(() => put(away, session, 1, "key"));
    expect(await read(away, "key")).toMatchObject({ version: 1 });
    const late = eventually(() => put(away, session, 0, "key"));
    await expect(late).rejects.toThrow("FAILED_PRECONDITION quorate: the client has acknowledged");
    const hashes = await Promise.all(
      cluster.names.map(async (name) => {
        await cluster.node(name).member.linearize();
        return hashKv(cluster.node(name).member.store(), 0).hash;
      }),
    );
    expect(new Set(hashes).size).toBe(1);
  });

  test("answer what was carried out while there was space, and nothing else, when there is none any more", async () => {
    cluster = await LocalCluster.start(1, { quotaBytes: 4_000 });
    await cluster.leader();
    const session = await openSession("m1");
    const first = await put("m1", session, 1, "key");
    const { member } = cluster.node("m1");
    const big = { type: "put", key: "big", value: "v".repeat(5_000), lease: "0" } as const;
    await member.propose({ ...big, prevKv: false, ignoreValue: false, ignoreLease: false });
    expect(revisionIn(await put("m1", session, 1, "key"))).toBe(revisionIn(first));
    await expect(put("m1", session, 2, "key")).rejects.toThrow("RESOURCE_EXHAUSTED etcdserver: mvcc: database space");
    expect(await read("m1", "key")).toMatchObject({ version: 1 });
  });

  test("are none of a cluster that is made of a snapshot file", async () => {
    cluster = await LocalCluster.start(1);
    await cluster.leader();
    const session = await openSession("m1");
    await put("m1", session, 1, "key");
    const store = cluster.node("m1").member.store();
    await cluster.close();
    clients.clear();
    cluster = await LocalCluster.start(1, {}, async (options) => {
      await restoreMember(store, options);
    });
    await cluster.leader();
    await expect(put("m1", session, 1, "key")).rejects.toThrow("FAILED_PRECONDITION quorate: there is no such session");
    expect(await read("m1", "key")).toMatchObject({ version: 1 });
  });
});

const SEED = seedOfRun();
const CLIENTS = 4;
const REQUESTS = 12;
/** How often leadership is moved, at even distances. */
const MOVES = 4;

test(`many clients that ask again and again, of anybody, while leaders change (QUORATE_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  cluster = await LocalCluster.start(3);
  await cluster.leader();
  let answered = 0;
  const any = (): string => cluster.names[random(cluster.names.length)] ?? "m1";
  const work = Array.from({ length: CLIENTS }, async (_, number) => {
    const session = await eventually(() => openSession(any()));
    for (let sequence = 1; sequence <= REQUESTS; sequence++) {
      const key = `${number}/${sequence}`;
      const answers = new Set<unknown>();
      // Each copy may be given up at any moment: its answer is lost then, and it may come after the others.
      const copies = random(3);
      for (let copy = 0; copy < copies; copy++)
        put(any(), session, sequence, key, 1 + random(60)).catch(() => undefined);
      for (let times = 0; times < 2; times++) {
        answers.add(revisionIn(await eventually(() => put(any(), session, sequence, key))));
      }
      expect(answers.size).toBe(1);
      answered += 1;
    }
  });
  const moves = (async () => {
    for (let move = 1; move <= MOVES; move++) {
      await cluster.until("more requests are answered", () => answered >= (move * CLIENTS * REQUESTS) / (MOVES + 1));
      // One that leads already, or is too slow to take over, makes no difference here.
      await cluster
        .node(await cluster.leader())
        .member.moveLeader(cluster.node(any()).member.memberId)
        .catch(() => undefined);
    }
  })();
  await Promise.all([...work, moves]);
  for (let number = 0; number < CLIENTS; number++) {
    for (let sequence = 1; sequence <= REQUESTS; sequence++) {
      expect(await read("m1", `${number}/${sequence}`)).toMatchObject({ version: 1, value: `${sequence}` });
    }
  }
}, 180_000);

/** Asks until there is an answer. What says that the request can't be carried out is none that time mends. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isFinal = String(error).includes("FAILED_PRECONDITION") || String(error).includes("INVALID_ARGUMENT");
      if (isFinal || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
