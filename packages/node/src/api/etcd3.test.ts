/** npm's etcd3 against the API: what its documentation shows. */

import { Etcd3, EtcdLockFailedError } from "etcd3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serve } from "./testing/serve.ts";
import type { Served } from "./testing/serve.ts";

let served: Served;
let client: Etcd3;
beforeEach(async () => {
  served = await serve();
  client = new Etcd3({ hosts: served.address });
});
afterEach(async () => {
  client.close();
  await served.close();
  expect(served.faults).toEqual([]);
});

test("put, get and delete", async () => {
  await client.put("foo").value("bar");
  await client.put("fob").value(42);
  expect(await client.get("foo").string()).toBe("bar");
  expect(await client.get("fob").number()).toBe(42);
  expect(await client.get("nothing").string()).toBe(null);
  expect(await client.getAll().prefix("fo").strings()).toEqual({ fob: "42", foo: "bar" });
  expect(await client.getAll().prefix("fo").sort("Mod", "Descend").limit(1).keys()).toEqual(["fob"]);
  expect(await client.getAll().prefix("fo").count()).toBe(2);
  expect(await client.delete().key("foo")).toMatchObject({ deleted: "1" });
  await client.delete().all();
  expect(await client.getAll().strings()).toEqual({});
});

test("a watcher hears of puts and deletions, and ends", async () => {
  const watcher = await client.watch().prefix("foo").create();
  const heard: string[] = [];
  const both = new Promise<void>((resolve) => {
    watcher.on("put", (kv) => heard.push(`put ${kv.key.toString()}=${kv.value.toString()}`));
    watcher.on("delete", (kv) => {
      heard.push(`delete ${kv.key.toString()}`);
      resolve();
    });
  });
  await client.put("foo1").value("bar");
  await client.delete().key("foo1");
  await both;
  expect(heard).toEqual(["put foo1=bar", "delete foo1"]);
  await watcher.cancel();
});

test("a watcher from a compacted revision fails", async () => {
  for (const value of ["1", "2", "3"]) await client.put("foo").value(value);
  served.backend.apply([{ type: "compact", revision: 4 }]);
  const watcher = await client.watch().key("foo").startRevision("2").create();
  const failure = await new Promise<Error>((resolve) => void watcher.on("error", resolve));
  expect(failure.message).toContain("Watcher canceled");
});

test("a lease keeps itself alive, and takes its keys along when it is revoked", async () => {
  const lease = client.lease(10);
  await lease.put("foo").value("bar");
  const kept = new Promise<void>((resolve) => void lease.once("keepaliveSucceeded", () => resolve()));
  await lease.keepaliveOnce();
  expect(await client.get("foo").string()).toBe("bar");
  await kept;
  await lease.revoke();
  expect(await client.get("foo").string()).toBe(null);
});

test("a lease that ran out is lost", async () => {
  const lease = client.lease(10, { autoKeepAlive: false });
  const id = await lease.grant();
  served.backend.apply([{ type: "leaseRevoke", id }]);
  await expect(lease.keepaliveOnce()).rejects.toThrow(/lease/i);
});

test("a transaction takes one way or the other", async () => {
  const swap = () =>
    client
      .if("foo", "Value", "==", "bar")
      .then(client.put("foo").value("baz"))
      .else(client.put("foo").value("bar"))
      .commit();
  expect((await swap()).succeeded).toBe(false);
  expect((await swap()).succeeded).toBe(true);
  expect(await client.get("foo").string()).toBe("baz");
});

test("a lock is held by one", async () => {
  const lock = await client.lock("mutex").acquire();
  await expect(client.lock("mutex").acquire()).rejects.toBeInstanceOf(EtcdLockFailedError);
  await lock.release();
  expect(await client.lock("mutex").do(() => "done")).toBe("done");
});

test("an election has one leader, whom the others observe", async () => {
  const election = client.election("office", 10);
  const campaign = election.campaign("me");
  await new Promise<void>((resolve) => void campaign.once("elected", () => resolve()));
  expect(await election.leader()).toBe("me");
  const observer = await election.observe();
  const next = new Promise<string | undefined>((resolve) => void observer.on("change", resolve));
  await campaign.proclaim("still me");
  expect(await next).toBe("still me");
  await observer.cancel();
  await campaign.resign();
  expect(await election.leader()).toBe(undefined);
});

test("a namespace hides its prefix", async () => {
  const users = client.namespace("users/");
  await users.put("1").value("ann");
  expect(await users.getAll().strings()).toEqual({ "1": "ann" });
  expect(await client.get("users/1").string()).toBe("ann");
});

test("software transactional memory: concurrent increments are all there", async () => {
  await client.put("count").value(0);
  const increment = () =>
    client.stm({ retries: 100 }).transact(async (tx) => {
      const count = await tx.get("count").number();
      await tx.put("count").value((count ?? 0) + 1);
    });
  await Promise.all(Array.from({ length: 5 }, increment));
  expect(await client.get("count").number()).toBe(5);
});
