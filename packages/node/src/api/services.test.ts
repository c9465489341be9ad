/** The services, through stubs of grpc-js, over both transports. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { MemberFault } from "../server/backend.ts";
import { MEMBER_FAULTS } from "./errors.ts";
import { hashKv } from "../store/index.ts";
import { put as putOp, txn } from "../store/testing/requests.ts";
import { codeName } from "./status.ts";
import { ApiClient } from "./testing/client.ts";
import { openGrpcJs } from "./testing/grpc-js.ts";
import { serve } from "./testing/serve.ts";
import type { Served } from "./testing/serve.ts";
import { openHttp2 } from "./transport/http2.ts";

describe.each([
  ["http2", openHttp2],
  ["grpc-js", openGrpcJs],
])("over %s", (name, open) => {
  let served: Served;
  let client: ApiClient;
  beforeEach(async () => {
    served = await serve({ maxRequestBytes: 100_000 }, open);
    client = new ApiClient(served.address);
  });
  afterEach(async () => {
    client.close();
    await served.close();
    expect(served.backend.listeners).toBe(0);
  });

  const key = Buffer.from("a");
  const put = { request_put: { key, value: Buffer.from("1") } };

  test("the header says who answers, and at which revision", async () => {
    expect(await client.call("KV", "Put", { key, value: Buffer.from([0, 255, 128]) })).toEqual({
      header: { cluster_id: "14841639068965178418", member_id: "10276657743932975437", revision: "2", raft_term: "2" },
      prev_kv: null,
    });
    expect(await client.call("KV", "Range", { key })).toMatchObject({
      header: { revision: "2" },
      kvs: [{ key, value: Buffer.from([0, 255, 128]), create_revision: "2", mod_revision: "2", version: "1" }],
      more: false,
      count: "1",
    });
    expect(served.calls).toEqual(["KV/Put OK", "KV/Range OK"]);
  });

  test("requests that are wrong by themselves are refused in etcd's words", async () => {
    const call = (method: string, request: object) => client.call("KV", method, request);
    const empty = "INVALID_ARGUMENT etcdserver: key is not provided";
    await expect(call("Put", {})).rejects.toThrow(empty);
    await expect(call("Range", {})).rejects.toThrow(empty);
    await expect(call("DeleteRange", {})).rejects.toThrow(empty);
    await expect(call("Txn", { success: [{ request_put: {} }] })).rejects.toThrow(empty);
    await expect(call("Txn", { compare: [{}] })).rejects.toThrow(empty);
    await expect(call("Put", { key, value: key, ignore_value: true })).rejects.toThrow(
      "INVALID_ARGUMENT etcdserver: value is provided",
    );
    await expect(call("Put", { key, lease: 1, ignore_lease: true })).rejects.toThrow(
      "INVALID_ARGUMENT etcdserver: lease is provided",
    );
    await expect(call("Txn", { success: [{}] })).rejects.toThrow("INVALID_ARGUMENT etcdserver: key not found");
    await expect(call("Txn", { success: [put, put] })).rejects.toThrow(
      "INVALID_ARGUMENT etcdserver: duplicate key given in txn request",
    );
    await expect(call("Compact", { revision: 99 })).rejects.toThrow(
      "OUT_OF_RANGE etcdserver: mvcc: required revision is a future revision",
    );
    expect(served.calls).toContain("KV/Put INVALID_ARGUMENT");
  });

  test("a transaction has 128 operations at most, those within it included", async () => {
    const gets = (count: number) => Array.from({ length: count }, () => ({ request_range: { key } }));
    const tooMany = "INVALID_ARGUMENT etcdserver: too many operations in txn request";
    await client.call("KV", "Txn", { success: gets(128) });
    await expect(client.call("KV", "Txn", { success: gets(129) })).rejects.toThrow(tooMany);
    const within = (count: number) => ({ success: [{ request_txn: { success: gets(count) } }] });
    await client.call("KV", "Txn", within(127));
    await expect(client.call("KV", "Txn", within(128))).rejects.toThrow(tooMany);
  });

  test("the hash of a large store keeps nobody waiting, and is that of the store as it was", async () => {
    served.backend.apply([txn(Array.from({ length: 20_000 }, (_, n) => putOp(`${n}`, "1")))]);
    const before = hashKv(served.backend.store(), 0);
    const hash = client.call("Maintenance", "HashKV", {});
    await client.call("KV", "Put", { key, value: key });
    expect(await hash).toMatchObject({ header: { revision: "2" }, hash: before.hash, hash_revision: "2" });
    expect(served.calls).toEqual(["KV/Put OK", "Maintenance/HashKV OK"]);
    expect(await client.call("Maintenance", "Hash", {})).toMatchObject({
      hash: hashKv(served.backend.store(), 0).hash,
    });
  });

  test("under an alarm for corruption keys are read and nothing is changed, in etcd's words", async () => {
    await client.call("KV", "Put", { key, value: key });
    served.backend.apply([{ type: "alarmRaise", member: served.backend.memberId, alarm: "corrupt" }]);
    const refused = "DATA_LOSS etcdserver: corrupt cluster";
    await expect(client.call("KV", "Put", { key, value: key })).rejects.toThrow(refused);
    await expect(client.call("KV", "Txn", { success: [put] })).rejects.toThrow(refused);
    await expect(client.call("KV", "Compact", { revision: 2 })).rejects.toThrow(refused);
    await expect(client.call("Lease", "LeaseGrant", { TTL: 60 })).rejects.toThrow(refused);
    expect(await client.call("KV", "Range", { key })).toMatchObject({ count: "1" });
    expect(await client.call("KV", "Txn", { success: [{ request_range: { key } }] })).toMatchObject({
      succeeded: true,
    });
  });

  test("transactions may be nested a hundred deep, and more are refused", async () => {
    const nested = (levels: number): object =>
      levels === 1 ? { success: [put] } : { success: [{ request_txn: nested(levels - 1) }] };
    const tooDeep = "INVALID_ARGUMENT etcdserver: more than 100 transactions nested in one another";
    expect(await client.call("KV", "Txn", nested(100))).toMatchObject({ succeeded: true, header: { revision: "2" } });
    await expect(client.call("KV", "Txn", nested(101))).rejects.toThrow(tooDeep);
    await expect(client.call("KV", "Txn", nested(200))).rejects.toThrow(tooDeep);
    expect(served.faults).toEqual([]);
  });

  test("a request may be so large, and a message a little larger", async () => {
    await client.call("KV", "Put", { key, value: Buffer.alloc(99_000) });
    await expect(client.call("KV", "Put", { key, value: Buffer.alloc(100_000) })).rejects.toThrow(
      "INVALID_ARGUMENT etcdserver: request is too large",
    );
    await expect(client.call("KV", "Put", { key, value: Buffer.alloc(100_000 + 512 * 1024) })).rejects.toThrow(
      /^RESOURCE_EXHAUSTED .*eceived message larger than max/,
    );
  });

  test("comparisons decide a transaction, those with negative numbers too", async () => {
    await client.call("KV", "Put", { key, value: Buffer.from("1") });
    const holds = async (compare: object): Promise<unknown> =>
      client.call("KV", "Txn", { compare: [{ key, ...compare }] });
    const cases: readonly (readonly [object, boolean])[] = [
      [{ target: "VERSION", result: "EQUAL", version: 1 }, true],
      [{ target: "CREATE", result: "LESS", create_revision: 3 }, true],
      [{ target: "MOD", result: "GREATER", mod_revision: 2 }, false],
      [{ target: "VALUE", result: "EQUAL", value: Buffer.from("1") }, true],
      [{ target: "VALUE", result: "NOT_EQUAL", value: Buffer.from("1") }, false],
      [{ target: "LEASE", result: "EQUAL", lease: 0 }, true],
      [{ target: "VERSION", result: "GREATER", version: -1 }, true],
      [{ target: "VERSION", result: "NOT_EQUAL", version: -1 }, true],
      [{ target: "VERSION", result: "LESS", version: -1 }, false],
      [{ target: "VERSION", result: "EQUAL", version: -1 }, false],
      [{ target: "MOD", result: "EQUAL", mod_revision: 2, range_end: Buffer.from([0]) }, true],
    ];
    for (const [compare, succeeded] of cases)
      expect(await holds(compare), JSON.stringify(compare)).toMatchObject({ succeeded });
  });

  test("a transaction that only reads is not put to the cluster, and asks it for the newest unless told otherwise", async () => {
    await client.call("KV", "Put", { key, value: Buffer.from("1") });
    const before = served.backend.linearized;
    const read = (serializable: boolean) =>
      client.call("KV", "Txn", { success: [{ request_range: { key, serializable } }] });
    expect(await read(true)).toMatchObject({ succeeded: true, responses: [{ response_range: { count: "1" } }] });
    expect(served.backend.linearized).toBe(before);
    await read(false);
    expect(served.backend.linearized).toBe(before + 1);
    served.backend.fault = "timeout";
    await read(true);
    await expect(read(false)).rejects.toThrow("UNAVAILABLE etcdserver: request timed out");
  });

  test("what the member can't do is said in etcd's words", async () => {
    const texts: Readonly<Record<MemberFault, string>> = {
      noLeader: "UNAVAILABLE etcdserver: no leader",
      leaderChanged: "UNAVAILABLE etcdserver: leader changed",
      timeout: "UNAVAILABLE etcdserver: request timed out",
      notLeader: "FAILED_PRECONDITION etcdserver: not leader",
      badTransferee: "FAILED_PRECONDITION etcdserver: bad leader transferee",
      tooManyRequests: "RESOURCE_EXHAUSTED etcdserver: too many requests",
      stopped: "UNAVAILABLE etcdserver: server stopped",
      unhealthyCluster: "UNAVAILABLE etcdserver: unhealthy cluster",
      learnerNotReady: "FAILED_PRECONDITION etcdserver: can only promote a learner member which is in sync with leader",
      memberChanging: "FAILED_PRECONDITION etcdserver: another change of the membership is under way",
    };
    for (const [fault, { code, message }] of Object.entries(MEMBER_FAULTS)) {
      expect(`${codeName(code)} ${message}`).toBe(texts[fault as MemberFault]);
    }
    served.backend.fault = "tooManyRequests";
    await expect(client.call("KV", "Put", { key })).rejects.toThrow(texts.tooManyRequests);
  });

  test("a fault of the program is for its log: a client learns nothing of it", async () => {
    served.backend.fault = new Error("the password is hunter2");
    await expect(client.call("KV", "Put", { key })).rejects.toThrow(/^INTERNAL internal error$/);
    expect(served.faults).toEqual([served.backend.fault]);
  });

  test("hasleader: without a leader calls fail, and streams end some time after one was lost", async () => {
    const metadata = { hasleader: "true" };
    const stream = client.stream("Watch", "Watch", metadata);
    const other = client.stream("Watch", "Watch");
    for (const watch of [stream, other]) {
      watch.send({ create_request: { key } });
      await watch.take(1);
    }
    served.backend.lead(null);
    const noLeader = "UNAVAILABLE etcdserver: no leader";
    await expect(client.call("KV", "Range", { key, serializable: true }, { metadata })).rejects.toThrow(noLeader);
    await client.call("KV", "Range", { key, serializable: true });
    expect(await client.stream("Watch", "Watch", metadata).ended()).toBe(noLeader);
    expect(await stream.ended()).toBe(noLeader);
    expect(other.end).toBe(null);
    other.cancel();
    await other.ended();
  });

  test("leases: the server picks a positive id, times are bounded, and what is unknown has TTL 0 or -1", async () => {
    const granted = await client.call("Lease", "LeaseGrant", { TTL: 1 });
    expect(granted).toMatchObject({ TTL: "2", ID: expect.stringMatching(/^[1-9]\d*$/) });
    expect(await client.call("Lease", "LeaseGrant", { TTL: 100, ID: "9223372036854775807" })).toMatchObject({
      ID: "9223372036854775807",
      TTL: "100",
    });
    await expect(client.call("Lease", "LeaseGrant", { TTL: 100, ID: "9223372036854775807" })).rejects.toThrow(
      "FAILED_PRECONDITION etcdserver: lease already exists",
    );
    await expect(client.call("Lease", "LeaseGrant", { TTL: 9_000_000_001 })).rejects.toThrow(
      "OUT_OF_RANGE etcdserver: too large lease TTL",
    );
    await expect(client.call("Lease", "LeaseRevoke", { ID: -5 })).rejects.toThrow(
      "NOT_FOUND etcdserver: requested lease not found",
    );
    expect(await client.call("Lease", "LeaseTimeToLive", { ID: 77 })).toMatchObject({ ID: "77", TTL: "-1" });
    const stream = client.stream("Lease", "LeaseKeepAlive");
    stream.send({ ID: "9223372036854775807" });
    stream.send({ ID: 77 });
    expect(await stream.take(2)).toMatchObject([
      { ID: "9223372036854775807", TTL: "100" },
      { ID: "77", TTL: "0" },
    ]);
    stream.halfClose();
    expect(await stream.ended()).toBe("OK");
  });

  test("a lease that runs out takes its keys along", async () => {
    await client.call("Lease", "LeaseGrant", { TTL: 2, ID: 5 });
    await client.call("KV", "Put", { key, lease: 5 });
    const watch = client.stream("Watch", "Watch");
    watch.send({ create_request: { key } });
    expect(await watch.take(2)).toMatchObject([{ created: true }, { events: [{ type: "DELETE", kv: { key } }] }]);
    watch.cancel();
  });

  test("a learner answers its status and reads that need not be new, and nothing else", async () => {
    const id = "00000000000000aa";
    const learner = { id, name: "", peerUrls: ["http://127.0.0.1:1"], clientUrls: [], isLearner: true };
    served.backend.apply([{ type: "memberAdd", member: learner }]);
    served.backend.memberId = id;
    const refused = "UNAVAILABLE etcdserver: rpc not supported for learner";
    await client.call("KV", "Range", { key, serializable: true });
    await client.call("Maintenance", "Status", {});
    await expect(client.call("KV", "Range", { key })).rejects.toThrow(refused);
    await expect(client.call("KV", "Put", { key })).rejects.toThrow(refused);
    expect(await client.stream("Watch", "Watch").ended()).toBe(refused);
  });

  test("urls of members are a scheme, a host and a port", async () => {
    for (const peerURLs of [[], ["127.0.0.1:1"], ["http://a"], ["http://a:1/x"], ["ftp://a:1"], ["http://u@a:1"]]) {
      await expect(client.call("Cluster", "MemberAdd", { peerURLs })).rejects.toThrow(
        "INVALID_ARGUMENT etcdserver: given member URLs are invalid",
      );
    }
    const added = await client.call("Cluster", "MemberAdd", { peerURLs: ["https://[::1]:2380"], isLearner: true });
    expect(added).toMatchObject({ member: { name: "", peerURLs: ["https://[::1]:2380"], isLearner: true } });
  });

  test("a deadline ends a call, and the member goes on", async () => {
    let release = (): void => undefined;
    served.backend.gate = new Promise((resolve) => {
      release = resolve;
    });
    await expect(client.call("KV", "Put", { key }, { timeoutMs: 50 })).rejects.toThrow(/^DEADLINE_EXCEEDED/);
    served.backend.gate = null;
    release();
    await expect.poll(async () => client.call("KV", "Range", { key })).toMatchObject({ count: "1" });
  });

  test("closing ends streams with what they were sent, and lets calls finish", async () => {
    const watch = client.stream("Watch", "Watch");
    watch.send({ create_request: { key } });
    await watch.take(1);
    let release = (): void => undefined;
    served.backend.gate = new Promise((resolve) => {
      release = resolve;
    });
    const slow = client.call("KV", "Put", { key });
    await expect.poll(() => served.backend.waiting).toBe(1);
    const closed = served.close();
    release();
    expect(await slow).toMatchObject({ header: { revision: "2" } });
    await closed;
    if (name === "http2") expect(await watch.ended()).toBe("UNAVAILABLE etcdserver: server stopped");
  });
});
