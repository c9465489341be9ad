/** Watches of a whole node, where writes and compactions of them are applied in one step. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { revisionOf } from "../../store/index.ts";
import { put } from "../../store/testing/requests.ts";
import { LocalCluster } from "../../testing/local-cluster.ts";
import { ApiClient } from "../testing/client.ts";

let cluster: LocalCluster;
let client: ApiClient;
beforeEach(async () => {
  cluster = await LocalCluster.start(1);
  await cluster.leader();
  client = new ApiClient(cluster.endpoint("m1"));
});
afterEach(async () => {
  client.close();
  await cluster.close();
});

function eventsOf(response: unknown): readonly unknown[] {
  if (typeof response !== "object" || response === null || !("events" in response)) return [];
  return Array.isArray(response.events) ? response.events : [];
}

test("whoever is up to date gets what is compacted as soon as it is written", async () => {
  const { member } = cluster.node("m1");
  await member.propose(put("a", "0"));
  const watch = client.stream("Watch", "Watch");
  watch.send({ create_request: { key: Buffer.from("a") } });
  await watch.take(1);
  const first = revisionOf(member.store()) + 1;
  const seen: number[] = [];
  // What the member says of itself when it has started may be applied meanwhile; it makes no revision.
  const stop = member.onApplied((store) => revisionOf(store) >= first && seen.push(revisionOf(store) - first));
  const results = await Promise.all([
    member.propose(put("a", "1")),
    member.propose(put("a", "2")),
    member.propose({ type: "compact", revision: first + 1 }),
    member.propose(put("a", "3")),
    member.propose(put("a", "4")),
    member.propose({ type: "compact", revision: first + 3 }),
  ]);
  expect(results.map(({ ok, revision }) => [ok, revision - first])).toEqual([
    [true, 0],
    [true, 1],
    [true, 1],
    [true, 2],
    [true, 3],
    [true, 3],
  ]);
  const values = ["1", "2", "3", "4"].map((value) => ({ kv: { value: Buffer.from(value) } }));
  const isCanceled = (): boolean => JSON.stringify(watch.responses).includes('"canceled":true');
  await watch.until(() => watch.responses.flatMap(eventsOf).length >= values.length || isCanceled());
  expect(watch.responses.flatMap(eventsOf)).toMatchObject(values);
  expect(isCanceled()).toBe(false);
  stop();
  // Before each of the two compactions, and after the whole: all were applied in one step.
  expect(seen).toEqual([1, 3, 3]);
  watch.cancel();
});
