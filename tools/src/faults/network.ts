/**
 * The network between members: what each connects to is a gate, which lets through, holds back or ends what goes from one
 * member to another. Members open connections for what they send, and say who they are in the first frame; so a rule holds
 * for one direction.
 */

import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { SenderFinder } from "@quorate/node";

/** What becomes of what `from` sends to `to`. */
export type Rule = { readonly type: "blocked" } | { readonly type: "slow"; readonly ms: number };

type Passage = { readonly from: string | null; readonly to: string; readonly inner: Socket; readonly outer: Socket };

export class Network {
  readonly #servers: Server[] = [];
  readonly #passages = new Set<Passage>();
  /** By sender and receiver, the members' names. */
  readonly #rules = new Map<string, Rule>();
  /** The names of the members that go by these ids. */
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  /** Opens a gate on `port` to the member `to`, which listens at `inner`. */
  async open(port: number, to: string, inner: number): Promise<void> {
    const server = createServer((outer) => {
      this.#onConnection(outer, to, inner);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  }

  set(from: string, to: string, rule: Rule): void {
    this.#rules.set(`${from} ${to}`, rule);
    if (rule.type !== "blocked") return;
    for (const passage of this.#passages) {
      if (passage.from === from && passage.to === to) end(passage);
    }
  }

  /** Everything goes through again. */
  heal(): void {
    this.#rules.clear();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const passage of this.#passages) end(passage);
  }

  #onConnection(outer: Socket, to: string, port: number): void {
    const finder = new SenderFinder();
    const first: Buffer[] = [];
    outer.setNoDelay(true);
    outer.on("error", () => outer.destroy());
    const onFirst = (piece: Buffer): void => {
      first.push(piece);
      try {
        const id = finder.find(piece);
        if (id === undefined) return;
        outer.off("data", onFirst);
        outer.pause();
        this.#passOn(outer, id === null ? null : (this.#names.get(id) ?? id), to, port, Buffer.concat(first));
      } catch {
        // It is no member's: the node behind would have ended it, too.
        outer.destroy();
      }
    };
    outer.on("data", onFirst);
  }

  #passOn(outer: Socket, from: string | null, to: string, port: number, first: Buffer): void {
    if (this.#ruleOf(from, to)?.type === "blocked") {
      outer.destroy();
      return;
    }
    const inner = connect(port, "127.0.0.1");
    const passage: Passage = { from, to, inner, outer };
    this.#passages.add(passage);
    inner.setNoDelay(true);
    inner.on("error", () => {
      end(passage);
    });
    for (const socket of [inner, outer]) {
      socket.on("close", () => {
        this.#passages.delete(passage);
        end(passage);
      });
    }
    inner.write(first);
    this.#pipe(passage, outer, inner);
    this.#pipe(passage, inner, outer);
    outer.resume();
  }

  #pipe({ from, to }: Passage, source: Socket, sink: Socket): void {
    let last = 0;
    source.on("data", (piece: Buffer) => {
      const rule = this.#ruleOf(from, to);
      const now = performance.now();
      const at = rule?.type === "slow" ? now + rule.ms : now;
      // What was sent first arrives first, also when a link has become quick again.
      last = Math.max(at, last);
      if (last <= now) sink.write(piece);
      else setTimeout(() => sink.write(piece), last - now);
    });
  }

  #ruleOf(from: string | null, to: string): Rule | undefined {
    return from === null ? undefined : this.#rules.get(`${from} ${to}`);
  }
}

function end({ inner, outer }: Passage): void {
  inner.destroy();
  outer.destroy();
}
