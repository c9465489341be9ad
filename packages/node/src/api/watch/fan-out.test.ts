/** One revision for several watchers, some of whom get the same bytes: each has its own events, under its own id. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiClient } from "../testing/client.ts";
import type { ApiStream } from "../testing/client.ts";
import { serve } from "../testing/serve.ts";
import type { Served } from "../testing/serve.ts";

let served: Served;
let client: ApiClient;
beforeEach(async () => {
  served = await serve();
  client = new ApiClient(served.address);
});
afterEach(async () => {
  client.close();
  await served.close();
});

type Told = {
  readonly watch_id: string;
  readonly events: readonly { readonly kv: { readonly key: Buffer } }[];
};

function isTold(response: unknown): response is Told {
  return typeof response === "object" && response !== null && "events" in response && "watch_id" in response;
}

/** As in `0: a b`. */
function told(watch: ApiStream): readonly string[] {
  const found = watch.responses.filter(isTold).filter(({ events }) => events.length > 0);
  return found.map(({ watch_id, events }) => `${watch_id}: ${events.map(({ kv }) => kv.key.toString()).join(" ")}`);
}

async function watching(...keys: readonly string[]): Promise<ApiStream> {
  const watch = client.stream("Watch", "Watch");
  for (const key of keys) {
    const rangeEnd = key === "" ? "\0" : "";
    watch.send({ create_request: { key: Buffer.from(key), range_end: Buffer.from(rangeEnd) } });
  }
  await watch.take(keys.length);
  return watch;
}

test("events of one revision reach those whom they concern, whoever else watches what", async () => {
  const watches = [];
  for (const keys of [["a"], ["a"], ["b"], ["", "a"], ["a", "a"]]) watches.push(await watching(...keys));
  const put = (key: string) =>
    ({ type: "put", key, value: "1", lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false }) as const;
  served.backend.apply([{ type: "txn", compare: [], success: [put("a"), put("b")], failure: [] }]);
  const expected = [["0: a"], ["0: a"], ["0: b"], ["0: a b", "1: a"], ["0: a", "1: a"]];
  for (const [at, watch] of watches.entries()) {
    await watch.until(() => told(watch).length >= (expected[at]?.length ?? 0));
    expect([...told(watch)].sort()).toEqual(expected[at]);
    watch.cancel();
  }
});
