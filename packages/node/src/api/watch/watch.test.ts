/** Watches, through stubs of grpc-js: what comes, in which order, and what does not. */

import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoreCommand } from "../../store/index.ts";
import { bytesOf } from "../../server/backend.ts";
import { ApiClient } from "../testing/client.ts";
import type { ApiStream } from "../testing/client.ts";
import { serve } from "../testing/serve.ts";
import type { Served } from "../testing/serve.ts";

let served: Served;
let client: ApiClient;
let watch: ApiStream;
beforeEach(async () => {
  served = await serve({ progressNotifyMs: 50, maxWatchersPerStream: 5 });
  client = new ApiClient(served.address);
  watch = client.stream("Watch", "Watch");
});
afterEach(async () => {
  watch.cancel();
  client.close();
  await served.close();
  expect(served.faults).toEqual([]);
});

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

function put(key: string, value: string): StoreCommand {
  return { type: "put", key, value, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
}

function remove(key: string, rangeEnd = ""): StoreCommand {
  return { type: "deleteRange", key, rangeEnd, prevKv: false };
}

type Event = {
  readonly type: string;
  readonly kv: { readonly key: Buffer; readonly value: Buffer; readonly mod_revision: string };
};
type Response = {
  readonly watch_id: string;
  readonly header: { readonly revision: string };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly fragment: boolean;
  readonly events: readonly Event[];
};

function isResponse(response: unknown): response is Response {
  return typeof response === "object" && response !== null && "watch_id" in response;
}

function responses(): readonly Response[] {
  return watch.responses.filter(isResponse);
}

/** What one watcher was told, as in `5 put a=1`. */
function told(watchId: string): readonly string[] {
  return responses()
    .filter(({ watch_id }) => watch_id === watchId)
    .flatMap(({ events }) => events)
    .map(({ type, kv }) => `${kv.mod_revision} ${type.toLowerCase()} ${bytesOf(kv.key)}=${bytesOf(kv.value)}`);
}

test("what is watched is a key, a range, all from a key on, or everything", async () => {
  for (const [key, rangeEnd] of [
    ["b", ""],
    ["b", "d"],
    ["c", "\0"],
    ["", "\0"],
  ] as const) {
    watch.send({ create_request: { key: bytes(key), range_end: bytes(rangeEnd) } });
  }
  await watch.take(4);
  served.backend.apply(["a", "b", "c", "d"].map((key) => put(key, "1")));
  await watch.until(() => told("3").length === 4 && told("2").length === 2);
  expect(told("0")).toEqual(["3 put b=1"]);
  expect(told("1")).toEqual(["3 put b=1", "4 put c=1"]);
  expect(told("2")).toEqual(["4 put c=1", "5 put d=1"]);
  expect(told("3")).toEqual(["2 put a=1", "3 put b=1", "4 put c=1", "5 put d=1"]);
});

test("history comes first, from the revision that was asked for, and then what happens", async () => {
  served.backend.apply([put("a", "1"), put("a", "2"), remove("a"), put("a", "3")]);
  watch.send({ create_request: { key: bytes("a"), start_revision: 3, prev_kv: true } });
  await watch.until(() => told("0").length === 3);
  served.backend.apply([put("a", "4")]);
  await watch.until(() => told("0").length === 4);
  expect(told("0")).toEqual(["3 put a=2", "4 delete a=", "5 put a=3", "6 put a=4"]);
  expect(responses().flatMap(({ events }) => events)).toMatchObject([
    { prev_kv: { value: bytes("1") } },
    { prev_kv: { value: bytes("2") } },
    { prev_kv: null },
    { prev_kv: { value: bytes("3") } },
  ]);
});

test("a start in the future keeps silent until then", async () => {
  watch.send({ create_request: { key: bytes("a"), start_revision: 4 } });
  await watch.take(1);
  served.backend.apply([put("a", "1")]);
  served.backend.apply([put("a", "2"), put("a", "3"), put("a", "4")]);
  await watch.until(() => told("0").length === 2);
  expect(told("0")).toEqual(["4 put a=3", "5 put a=4"]);
});

test("filters leave out puts, or deletions", async () => {
  watch.send({ create_request: { key: bytes("a"), filters: ["NOPUT"] } });
  watch.send({ create_request: { key: bytes("a"), filters: ["NODELETE"] } });
  await watch.take(2);
  served.backend.apply([put("a", "1"), remove("a"), put("a", "2"), remove("a")]);
  await watch.until(() => told("0").length === 2 && told("1").length === 2);
  expect(told("0")).toEqual(["3 delete a=", "5 delete a="]);
  expect(told("1")).toEqual(["2 put a=1", "4 put a=2"]);
});

test("the events of a transaction come in one response", async () => {
  watch.send({ create_request: { key: bytes("\0"), range_end: bytes("\0") } });
  await watch.take(1);
  const large = "x".repeat(700_000);
  const success = ["a", "b", "c"].map((key) => put(key, large)).filter((op) => op.type === "put");
  served.backend.apply([put("z", large), { type: "txn", compare: [], success, failure: [] }]);
  await watch.until(() => told("0").length === 4);
  expect(responses().map(({ events }) => events.map(({ kv }) => kv.mod_revision))).toEqual([
    [],
    ["2"],
    ["3", "3", "3"],
  ]);
  // Whoever goes on after a response's revision must not have missed what comes after it.
  expect(responses().map(({ header }) => header.revision)).toEqual(["1", "2", "3"]);
});

test("with fragment a large transaction comes in parts, all but the last of which say so", async () => {
  watch.send({ create_request: { key: bytes("\0"), range_end: bytes("\0"), fragment: true } });
  await watch.take(1);
  const success = ["a", "b", "c"].map((key) => put(key, "x".repeat(700_000))).filter((op) => op.type === "put");
  served.backend.apply([{ type: "txn", compare: [], success, failure: [] }]);
  await watch.until(() => told("0").length === 3);
  expect(responses().map(({ events, fragment }) => [events.length, fragment])).toEqual([
    [0, false],
    [2, true],
    [1, false],
  ]);
});

test("ids are the client's, or the first free ones; one that is taken is refused", async () => {
  const create = (watch_id: number) => watch.send({ create_request: { key: bytes("a"), watch_id } });
  for (const id of [0, 2, 0, 0, 2]) create(id);
  expect(await watch.take(5)).toMatchObject([
    { watch_id: "0", created: true, canceled: false },
    { watch_id: "2", created: true, canceled: false },
    { watch_id: "1", created: true, canceled: false },
    { watch_id: "3", created: true, canceled: false },
    {
      watch_id: "-1",
      created: true,
      canceled: true,
      cancel_reason: "mvcc: duplicate watch ID provided on the WatchStream",
    },
  ]);
});

test("a stream has so many watchers at most, and another when one of them is gone", async () => {
  const create = () => watch.send({ create_request: { key: bytes("a") } });
  for (let n = 0; n < 6; n++) create();
  watch.send({ cancel_request: { watch_id: 3 } });
  create();
  expect((await watch.take(8)).slice(5)).toMatchObject([
    {
      watch_id: "-1",
      created: true,
      canceled: true,
      cancel_reason: "etcdserver: too many watchers on one stream",
    },
    { watch_id: "3", canceled: true },
    { watch_id: "5", created: true, canceled: false },
  ]);
});

test("an empty range and a negative revision are refused", async () => {
  watch.send({ create_request: { key: bytes("b"), range_end: bytes("a") } });
  watch.send({ create_request: { key: bytes("b"), start_revision: -1 } });
  expect(await watch.take(2)).toMatchObject([
    { watch_id: "-1", created: true, canceled: true, cancel_reason: "mvcc: watcher range is empty" },
    {
      watch_id: "-1",
      created: true,
      canceled: true,
      cancel_reason: "etcdserver: mvcc: required revision has been compacted",
    },
  ]);
});

test("a start before the compacted revision is cancelled with it; at it there are still events", async () => {
  served.backend.apply([put("a", "1"), put("a", "2"), put("a", "3")]);
  served.backend.apply([{ type: "compact", revision: 3 }]);
  watch.send({ create_request: { key: bytes("a"), start_revision: 2 } });
  expect(await watch.take(2)).toMatchObject([
    { watch_id: "0", created: true, canceled: false },
    { watch_id: "0", canceled: true, compact_revision: "3" },
  ]);
  watch.send({ create_request: { key: bytes("a"), start_revision: 3 } });
  await watch.until(() => told("1").length === 2);
  expect(told("1")).toEqual(["3 put a=2", "4 put a=3"]);
});

test("after a cancellation nothing comes any more", async () => {
  watch.send({ create_request: { key: bytes("a") } });
  watch.send({ create_request: { key: bytes("a") } });
  await watch.take(2);
  watch.send({ cancel_request: { watch_id: 0 } });
  watch.send({ cancel_request: { watch_id: 99 } });
  await watch.take(3);
  served.backend.apply([put("a", "1")]);
  await watch.until(() => told("1").length === 1);
  expect(told("0")).toEqual([]);
  expect(responses()[2]).toMatchObject({ watch_id: "0", canceled: true, compact_revision: "0" });
});

test("progress is told when it is asked for, and not ahead of events", async () => {
  served.backend.apply(Array.from({ length: 5_000 }, (_, n) => put("a", String(n))));
  watch.send({ create_request: { key: bytes("a"), start_revision: 2 } });
  watch.send({ progress_request: {} });
  await watch.until(() => responses().some(({ watch_id }) => watch_id === "-1"));
  expect(told("0")).toHaveLength(5_000);
  expect(responses().at(-1)).toMatchObject({ watch_id: "-1", header: { revision: "5001" }, events: [] });
});

test("progress is told from time to time to those who want that and heard nothing", async () => {
  watch.send({ create_request: { key: bytes("a"), progress_notify: true } });
  watch.send({ create_request: { key: bytes("a") } });
  await watch.take(2);
  served.backend.apply([put("b", "1")]);
  await watch.until(() => responses().length >= 4);
  expect(responses().slice(2)).toMatchObject([
    { watch_id: "0", events: [] },
    { watch_id: "0", header: { revision: "2" }, events: [] },
  ]);
});

test("who does not read is caught up from history, without a gap, and others do not wait for that", async () => {
  const value = "x".repeat(10_000);
  const other = client.stream("Watch", "Watch");
  for (const stream of [watch, other]) {
    stream.send({ create_request: { key: bytes("a") } });
    await stream.take(1);
  }
  watch.pause();
  for (let n = 0; n < 2_000; n++) served.backend.apply([put("a", `${n} ${value}`)]);
  const all = (): number => other.responses.filter(isResponse).flatMap(({ events }) => events).length;
  await other.until(() => all() === 2_000);
  expect(told("0").length).toBeLessThan(2_000);
  expect(served.watches()).toEqual({ streams: 2, watchers: 2, slow: 1 });
  watch.resume();
  await watch.until(() => told("0").length === 2_000);
  expect(told("0").map((text) => text.split("=")[1]?.split(" ")[0])).toEqual(
    Array.from({ length: 2_000 }, (_, n) => String(n)),
  );
  expect(served.watches()).toEqual({ streams: 2, watchers: 2, slow: 0 });
  other.cancel();
  await other.ended();
  // The server hears of it a little later.
  await expect.poll(() => served.watches(), { timeout: 30_000 }).toEqual({ streams: 1, watchers: 1, slow: 0 });
});
