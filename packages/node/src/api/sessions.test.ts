/** What calls say of sessions, and what they are told. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { range } from "../store/index.ts";
import { get } from "../store/testing/requests.ts";
import { ApiClient } from "./testing/client.ts";
import { serve } from "./testing/serve.ts";
import type { Served } from "./testing/serve.ts";

let served: Served;
let client: ApiClient;
let session: string;

beforeEach(async () => {
  served = await serve();
  client = new ApiClient(served.address);
  const opened = await client.call("Sessions", "Open", {});
  session = opened !== null && typeof opened === "object" ? String(Reflect.get(opened, "client_id")) : "";
});

afterEach(async () => {
  client.close();
  await served.close();
});

const key = Buffer.from("a");
const value = Buffer.from("1");

function call(service: "KV" | "Lease", method: string, request: object, metadata: Readonly<Record<string, string>>) {
  return client.call(service, method, request, { metadata });
}

function numbered(sequence: number): Readonly<Record<string, string>> {
  return { "quorate-client-id": session, "quorate-sequence": String(sequence) };
}

function versionOfKey(): number {
  const outcome = range(served.backend.store(), get("a"));
  return outcome.ok ? (outcome.value.kvs[0]?.version ?? 0) : NaN;
}

describe("each request that changes something is done once for a session", () => {
  const requests = [
    ["KV", "Put", { key, value, prev_kv: true }],
    ["KV", "DeleteRange", { key, prev_kv: true }],
    ["KV", "Txn", { success: [{ request_put: { key, value } }, { request_range: { key } }] }],
    ["KV", "Compact", { revision: "3" }],
    ["Lease", "LeaseGrant", { TTL: "60" }],
    ["Lease", "LeaseRevoke", { ID: "7" }],
  ] as const;

  test.each(requests)("%s %s", async (service, method, request) => {
    await client.call("KV", "Put", { key, value });
    await client.call("KV", "Put", { key, value });
    await client.call("Lease", "LeaseGrant", { ID: "7", TTL: "60" });
    const first = await call(service, method, request, numbered(1));
    const after = served.backend.store();
    expect(await call(service, method, request, numbered(1))).toEqual(first);
    expect(served.backend.store()).toBe(after);
  });

  test("and one that only reads is read anew", async () => {
    const request = { success: [{ request_range: { key } }] };
    await call("KV", "Put", { key, value }, numbered(1));
    const before = await call("KV", "Txn", request, numbered(2));
    await client.call("KV", "Put", { key, value: Buffer.from("2") });
    expect(await call("KV", "Txn", request, numbered(2))).not.toEqual(before);
  });
});

describe("what is said of a session", () => {
  const put = { key, value };

  test("lets several requests be under way", async () => {
    for (const sequence of [2, 1, 2, 1]) {
      await call("KV", "Put", put, { ...numbered(sequence), "quorate-acknowledged": "1" });
    }
    expect(versionOfKey()).toBe(2);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ["client-id is no id", { "quorate-client-id": "me", "quorate-sequence": "1" }],
    ["sequence is a number", { "quorate-sequence": "one" }],
    ["sequence is a number", { "quorate-sequence": "-1" }],
    ["sequence is a number", { "quorate-sequence": "9999999999999999" }],
    ["sequence is a number", { "quorate-sequence": "" }],
    ["sequence is a number", { "quorate-sequence": "3", "quorate-acknowledged": "4" }],
    ["sequence is a number", { "quorate-sequence": "30", "quorate-acknowledged": "14" }],
  ])("is refused where it can't be right: %s %o", async (said, metadata) => {
    const whole = { "quorate-client-id": session, ...metadata };
    await expect(call("KV", "Put", put, whole)).rejects.toThrow(`INVALID_ARGUMENT quorate: quorate-${said}`);
    expect(versionOfKey()).toBe(0);
  });

  test("is refused where it has a number and no session, or a session and no number", async () => {
    await expect(call("KV", "Put", put, { "quorate-sequence": "1" })).rejects.toThrow("and no quorate-client-id");
    await expect(call("KV", "Put", put, { "quorate-client-id": session })).rejects.toThrow(
      "quorate-sequence is a number",
    );
    expect(versionOfKey()).toBe(0);
  });

  test("is refused where the session is gone", async () => {
    const metadata = { ...numbered(1), "quorate-client-id": "0123456789abcdef-1" };
    await expect(call("KV", "Put", put, metadata)).rejects.toThrow(
      "FAILED_PRECONDITION quorate: there is no such session, or it has expired",
    );
    expect(versionOfKey()).toBe(0);
  });
});
