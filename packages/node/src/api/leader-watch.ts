/** Ends the streams of clients that would rather have none than one to a member without a leader. */

import type { Backend } from "../server/backend.ts";
import { MEMBER_FAULTS } from "./errors.ts";
import { requiresLeader } from "./methods.ts";
import type { NamedMethod } from "./methods.ts";
import type { ServerStream, StreamHandler } from "./transport/transport.ts";

/** As in etcd, so many election timeouts may pass: to open streams again costs more than to wait for a new leader. */
const ELECTIONS = 3;

export class LeaderWatch {
  readonly #backend: Backend;
  readonly #graceMs: number;
  readonly #streams = new Set<ServerStream>();
  readonly #stop: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(backend: Backend, electionMs: number) {
    this.#backend = backend;
    this.#graceMs = ELECTIONS * electionMs;
    this.#stop = backend.onLeaderChange(() => this.#onLeaderChange());
  }

  close(): void {
    this.#stop();
    this.#onLeaderFound();
  }

  /** The method, whose streams end when the leader is lost if their clients ask for that. */
  guard([path, method]: NamedMethod): NamedMethod {
    if (method.kind === "unary") return [path, method];
    const open = (stream: ServerStream, context: Parameters<typeof method.open>[1]): StreamHandler => {
      if (!requiresLeader(context)) return method.open(stream, context);
      if (this.#backend.leader === null) return refused(stream);
      const handler = method.open(stream, context);
      this.#streams.add(stream);
      const closed = (): void => {
        this.#streams.delete(stream);
        handler.closed();
      };
      return { ...handler, closed };
    };
    return [path, { kind: "stream", open }];
  }

  #onLeaderChange(): void {
    if (this.#backend.leader !== null) return this.#onLeaderFound();
    this.#timer ??= setTimeout(() => this.#onLeaderLost(), this.#graceMs).unref();
  }

  #onLeaderFound(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #onLeaderLost(): void {
    this.#timer = null;
    for (const stream of this.#streams) stream.finish(MEMBER_FAULTS.noLeader);
    this.#streams.clear();
  }
}

function refused(stream: ServerStream): StreamHandler {
  stream.finish(MEMBER_FAULTS.noLeader);
  const nothing = (): void => undefined;
  return { message: nothing, end: nothing, drained: nothing, closed: nothing };
}
