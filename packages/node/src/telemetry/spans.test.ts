/** Spans of a whole node, taken by a provider of the test's own. */

import { AsyncLocalStorage } from "node:async_hooks";
import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import type { Context, ContextManager, Span, SpanOptions, Tracer } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { spanned } from "../api/call-spans.ts";
import { CODE } from "../api/status.ts";
import { ApiClient } from "../api/testing/client.ts";
import { LocalCluster } from "../testing/local-cluster.ts";
import { openSpans, Spans } from "./spans.ts";

type Taken = {
  readonly name: string;
  readonly id: string;
  readonly parent: string | null;
  readonly attributes: unknown;
  fault: string | null;
  isOver: boolean;
};

const REMOTE = "00f067aa0ba902b7";

/** Keeps what it is told of. */
class TestTracer {
  readonly spans: Taken[] = [];

  startSpan(name: string, { attributes }: SpanOptions = {}, parent: Context = context.active()): Span {
    const id = String(this.spans.length + 1);
    const taken: Taken = {
      name,
      id,
      parent: trace.getSpanContext(parent)?.spanId ?? null,
      attributes,
      fault: null,
      isOver: false,
    };
    this.spans.push(taken);
    const span = trace.wrapSpanContext({ traceId: "t", spanId: id, traceFlags: 1 });
    span.setStatus = ({ message }) => {
      taken.fault = message ?? "";
      return span;
    };
    span.end = () => {
      expect(taken.isOver).toBe(false);
      taken.isOver = true;
    };
    return span;
  }

  startActiveSpan(): never {
    throw new Error("Nobody asks for that.");
  }

  named(name: string): readonly Taken[] {
    return this.spans.filter((span) => span.name === name);
  }
}

function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, action, thisArg, ...args) => storage.run(active, () => action.call(thisArg, ...args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** What W3C's `traceparent` says, as far as the test needs it. */
function propagate(): void {
  propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => ["traceparent"],
    extract(to, carrier, getter) {
      const header = getter.get(carrier, "traceparent");
      const [, traceId = "", spanId = ""] = typeof header === "string" ? header.split("-") : [];
      return spanId === "" ? to : trace.setSpanContext(to, { traceId, spanId, traceFlags: 1 });
    },
  });
}

function provide(): TestTracer {
  const tracer = new TestTracer();
  trace.setGlobalTracerProvider({ getTracer: (): Tracer => tracer });
  context.setGlobalContextManager(contextManager());
  propagate();
  return tracer;
}

let cluster: LocalCluster | null = null;
afterEach(async () => {
  await cluster?.close();
  cluster = null;
  trace.disable();
  context.disable();
  propagation.disable();
});

test("there are none where nobody has set a provider up", () => {
  expect(openSpans()).toBeNull();
  provide();
  expect(openSpans()).toBeInstanceOf(Spans);
});

test("a write is a span of the client's trace, within it the proposal; flushes and commands applied have their own", async () => {
  const tracer = provide();
  cluster = await LocalCluster.start(1);
  await cluster.leader();
  const client = new ApiClient(cluster.endpoint("m1"));
  const metadata = { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${REMOTE}-01` };
  const key = Buffer.from("secret key");
  await client.call("KV", "Put", { key, value: Buffer.from("secret value") }, { metadata });
  await expect(client.call("Lease", "LeaseRevoke", { ID: "12" })).rejects.toThrow("lease not found");
  client.close();

  const [put] = tracer.named("etcdserverpb.KV/Put");
  expect(put).toMatchObject({
    parent: REMOTE,
    attributes: { "rpc.system": "grpc", "rpc.service": "etcdserverpb.KV", "rpc.method": "Put" },
    fault: null,
    isOver: true,
  });
  const proposals = tracer.named("propose").filter(({ parent }) => parent === put?.id);
  expect(proposals).toMatchObject([{ attributes: { "quorate.command": "put" }, fault: null, isOver: true }]);
  const [revoke] = tracer.named("etcdserverpb.Lease/LeaseRevoke");
  expect(revoke).toMatchObject({ parent: null, isOver: true, fault: expect.stringContaining("lease not found") });
  for (const name of ["flush", "apply"]) {
    expect(tracer.named(name).length).toBeGreaterThan(0);
    expect(tracer.named(name).every(({ fault }) => fault === null)).toBe(true);
  }
  expect(tracer.named("apply").every(({ isOver }) => isOver)).toBe(true);
  // What clients store is nobody's who looks at spans.
  expect(JSON.stringify(tracer.spans)).not.toContain("secret");
});

test("a stream is one span, until it ends", async () => {
  const tracer = provide();
  cluster = await LocalCluster.start(1);
  await cluster.leader();
  const client = new ApiClient(cluster.endpoint("m1"));
  const stream = client.stream("Watch", "Watch");
  stream.send({ createRequest: { key: Buffer.from("a") } });
  await cluster.until("the stream is open", () => tracer.named("etcdserverpb.Watch/Watch").length === 1);
  expect(tracer.named("etcdserverpb.Watch/Watch")).toMatchObject([{ isOver: false }]);
  client.close();
  stream.cancel();
  await cluster.until("the stream is over", () => tracer.named("etcdserverpb.Watch/Watch")[0]?.isOver === true);
});

test("a stream that the member ends has its status, and ends once", () => {
  const tracer = provide();
  const done: string[] = [];
  const note = (what: string) => (): void => void done.push(what);
  const [, method] = spanned(
    [
      "/etcdserverpb.Watch/Watch",
      {
        kind: "stream",
        open: (stream) => ({
          message: () => stream.finish({ code: CODE.unavailable, message: "gone" }),
          end: note("end"),
          drained: note("drained"),
          closed: note("closed"),
        }),
      },
    ],
    new Spans(tracer),
  );
  const stream = { send: () => true, finish: ({ message }: { readonly message: string }) => note(message)() };
  const handler = method.kind === "stream" ? method.open(stream, { metadata: () => undefined }) : null;
  handler?.drained();
  expect(tracer.spans).toMatchObject([{ isOver: false }]);
  void handler?.message(new Uint8Array());
  handler?.end();
  handler?.closed();
  expect(done).toEqual(["drained", "gone", "end", "closed"]);
  expect(tracer.spans).toMatchObject([{ isOver: true, fault: "UNAVAILABLE gone" }]);
});
