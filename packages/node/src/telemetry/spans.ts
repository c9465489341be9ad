/**
 * Spans of OpenTelemetry, for those who have set a provider up before the node starts. For all others there are none, and
 * nothing is done in their place.
 */

import { context, propagation, ProxyTracerProvider, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Attributes, Context, Span, Tracer } from "@opentelemetry/api";
import { version } from "../version.ts";

const NAME = "quorate";

/** A client's call, from its beginning to its end. */
export type CallSpan = {
  /** What is done meanwhile is done for this call. */
  within<T>(action: () => T): T;
  /** The call is over. `fault` is why it failed, null if it did not. Only the first end counts. */
  end(fault: string | null): void;
};

export class Spans {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** `path` is gRPC's, as in `/etcdserverpb.KV/Range`. The client may have begun a trace, which its metadata tell. */
  call(path: string, metadata: (name: string) => string | undefined): CallSpan {
    const [, service = "", method = ""] = path.split("/");
    const attributes = { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method };
    const parent = propagation.extract(context.active(), metadata, { get: (from, name) => from(name), keys: () => [] });
    const span = this.#tracer.startSpan(`${service}/${method}`, { kind: SpanKind.SERVER, attributes }, parent);
    const active = trace.setSpan(parent, span);
    let isOver = false;
    return {
      within: (action) => context.with(active, action),
      end: (fault) => {
        if (!isOver) endSpan(span, fault);
        isOver = true;
      },
    };
  }

  /** A part of what is done for somebody. */
  async run<T>(name: string, attributes: Attributes, action: () => Promise<T>): Promise<T> {
    const { span, active } = this.#begin(name, attributes);
    try {
      const result = await context.with(active, action);
      endSpan(span, null);
      return result;
    } catch (error) {
      endSpan(span, reasonOf(error));
      throw error;
    }
  }

  /** The same of what does not wait. */
  runAtOnce<T>(name: string, attributes: Attributes, action: () => T): T {
    const { span, active } = this.#begin(name, attributes);
    try {
      const result = context.with(active, action);
      endSpan(span, null);
      return result;
    } catch (error) {
      endSpan(span, reasonOf(error));
      throw error;
    }
  }

  #begin(name: string, attributes: Attributes): { readonly span: Span; readonly active: Context } {
    const span = this.#tracer.startSpan(name, { attributes });
    return { span, active: trace.setSpan(context.active(), span) };
  }
}

/** Null if nobody has set a provider up. */
export function openSpans(): Spans | null {
  const provider = trace.getTracerProvider();
  // The API stands in for a provider until there is one, and would make spans that are nothing.
  const isMissing = provider instanceof ProxyTracerProvider && provider.getDelegateTracer(NAME) === undefined;
  return isMissing ? null : new Spans(provider.getTracer(NAME, version));
}

function endSpan(span: Span, fault: string | null): void {
  if (fault !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
  span.end();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
