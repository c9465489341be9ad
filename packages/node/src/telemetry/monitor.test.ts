import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import type { HealthSource } from "./health.ts";
import { createMetrics } from "./metrics.ts";
import { openMonitor } from "./monitor.ts";
import type { Monitor } from "./monitor.ts";

const opened: Monitor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((monitor) => monitor.close()));
});

const well: HealthSource = { hasLeader: () => true, alarms: () => [], linearize: () => Promise.resolve() };

async function open(
  health: Partial<HealthSource> = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { registry } = createMetrics({ version: "1", quotaBytes: 1, detail: "basic" });
  const listen = [{ host: "127.0.0.1", port: 0 }];
  const monitor = await openMonitor({ listen, registry, health: { ...well, ...health }, apiVersion: "3.4.0" });
  opened.push(monitor);
  return (path, init) => fetch(`http://127.0.0.1:${monitor.addresses[0]?.port ?? 0}${path}`, init);
}

test("metrics come in Prometheus's form", async () => {
  const response = await (await open())("/metrics");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain("\nquorate_build_info{");
});

test.each<readonly [string, Partial<HealthSource>, string, object]>([
  ["well", {}, "", { health: "true" }],
  ["without a leader", { hasLeader: () => false }, "", { health: "false", reason: "RAFT NO LEADER" }],
  ["without a leader, of itself", { hasLeader: () => false }, "?serializable=true", { health: "true" }],
  ["with an alarm", { alarms: () => ["NOSPACE"] }, "", { health: "false", reason: "ALARM NOSPACE" }],
  [
    "with an alarm, of itself",
    { alarms: () => ["CORRUPT"] },
    "?serializable=true",
    { health: "false", reason: "ALARM CORRUPT" },
  ],
  ["with an alarm that is known", { alarms: () => ["NOSPACE"] }, "?exclude=NOSPACE", { health: "true" }],
  [
    "cut off",
    { linearize: () => Promise.reject(new Error("timeout")) },
    "",
    { health: "false", reason: "QGET ERROR:timeout" },
  ],
])("health of a member %s", async (_, source, search, body) => {
  const get = await open(source);
  const isWell = "health" in body && body.health === "true";
  const response = await get(`/health${search}`);
  expect(await response.json()).toEqual(body);
  expect(response.status).toBe(isWell ? 200 : 503);
  expect((await get(`/readyz${search}`)).status).toBe(isWell ? 200 : 503);
  expect((await get("/livez")).status).toBe(200);
});

test("the version is etcd's, for clients that look at it", async () => {
  const get = await open();
  expect(await (await get("/version")).json()).toEqual({ etcdserver: "3.4.0", etcdcluster: "3.4.0" });
});

test("other paths and methods are refused", async () => {
  const get = await open();
  expect((await get("/v2/keys")).status).toBe(404);
  expect((await get("/metrics", { method: "POST", body: "a" })).status).toBe(405);
  const head = await get("/livez", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("an error in a metric is an answer, and not the end", async () => {
  const registry = new Registry();
  const health: HealthSource = {
    ...well,
    alarms: () => {
      throw new Error("broken");
    },
  };
  const monitor = await openMonitor({ listen: [{ host: "127.0.0.1", port: 0 }], registry, health, apiVersion: "1" });
  opened.push(monitor);
  const get = (path: string) => fetch(`http://127.0.0.1:${monitor.addresses[0]?.port ?? 0}${path}`);
  const response = await get("/health");
  expect([response.status, await response.text()]).toEqual([500, "broken\n"]);
  expect((await get("/livez")).status).toBe(200);
});

test("where somebody listens already, nothing is opened", async () => {
  await open();
  const taken = opened[0]?.addresses[0];
  if (taken === undefined) throw new Error("Nothing was opened.");
  const listen = [{ host: "127.0.0.1", port: 0 }, taken];
  await expect(openMonitor({ listen, registry: new Registry(), health: well, apiVersion: "1" })).rejects.toThrow(
    "EADDRINUSE",
  );
});
