/** One connection that somebody else has made: who it is, then messages and questions. */

import type { Socket } from "node:net";
import type { NodeId, Plain } from "@quorate/core";
import { memberFault, nameFault } from "../security/names.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { FrameError, frameOf } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { Incoming, VersionError } from "./incoming.ts";
import type { PeerLimits, PeersOptions } from "./types.ts";
import { PREFACE, readHello, readNumbered, readPlain, refusal, shortened, WIRE_VERSION } from "./words.ts";
import type { Hello, Refusal } from "./words.ts";

export type InboundOptions = {
  readonly peers: PeersOptions;
  readonly tls: TlsIdentity | null;
  readonly limits: PeerLimits;
  /** The addresses of a member, or null if it is none. */
  urlsOf(node: NodeId): readonly string[] | null;
  /** The hello was accepted. */
  onAccepted(inbound: Inbound, hello: Hello): void;
  /** The connection is ended for something that the other side did. */
  onFault(hello: Hello | null, reason: string): void;
};

/** Why somebody is not let in. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.reason);
    this.refusal = refused;
  }
}

export class Inbound {
  readonly #socket: Socket;
  readonly #options: InboundOptions;
  readonly #incoming = new Incoming();
  #hello: Hello | null = null;
  #isDone = false;
  #asks = 0;
  #isHeard = true;
  #missed = 0;
  #deadline: NodeJS.Timeout;

  constructor(socket: Socket, options: InboundOptions) {
    this.#socket = socket;
    this.#options = options;
    const { handshakeMs } = options.limits;
    this.#deadline = setTimeout(() => {
      this.#end(`no hello within ${handshakeMs} ms`);
    }, handshakeMs);
    socket.on("data", (piece: Buffer) => {
      this.#isHeard = true;
      this.#onPiece(piece);
    });
    socket.on("drain", () => {
      this.#isHeard = true;
      socket.resume();
    });
    socket.on("error", (error) => {
      this.#end(error.message);
    });
    socket.on("close", () => {
      this.#isDone = true;
      clearTimeout(this.#deadline);
    });
  }

  get hello(): Hello | null {
    return this.#hello;
  }

  /** Ends the connection without a complaint: it is no longer wanted. */
  hangUp(): void {
    this.#isDone = true;
    this.#socket.destroy();
  }

  /** Called once a ping's time: who is there has said something meanwhile. */
  onTick(): void {
    if (this.#hello === null) return;
    this.#missed = this.#isHeard ? 0 : this.#missed + 1;
    this.#isHeard = false;
    // The other side gives up first where it still runs, so that only one of the two has something to say.
    if (this.#missed > this.#options.limits.missedPingsMax) this.#end(`no word for ${this.#missed} pings`);
  }

  #end(reason: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#options.onFault(this.#hello, reason);
    this.#socket.destroy();
  }

  #onPiece(piece: Buffer): void {
    const { limits } = this.#options;
    const bytesMax = (): number => (this.#hello?.type === "member" ? limits.frameMax : limits.strangerFrameMax);
    try {
      for (const frame of this.#incoming.read(piece, bytesMax)) {
        if (this.#isDone) return;
        this.#onFrame(frame);
      }
    } catch (error) {
      if (error instanceof Refused) this.#refuse(error.refusal);
      else if (error instanceof VersionError) this.#refuse({ code: "versionMismatch", reason: error.message });
      else if (error instanceof FrameError) this.#end(error.message);
      else throw error;
    }
  }

  /** The reason goes to the other side, which is to log it, and the connection ends. */
  #refuse(refused: Refusal): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#options.onFault(this.#hello, refused.reason);
    // The deadline of the handshake still holds, should the other side not take it.
    this.#socket.end(refusal(refused));
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#socket.destroy(), this.#options.limits.handshakeMs);
  }

  #onFrame({ type, body }: Frame): void {
    const hello = this.#hello;
    if (hello === null) {
      if (type !== "hello") throw new FrameError(`the first frame is of the type ${type}, and no hello`);
      this.#onHello(readHello(body));
      return;
    }
    switch (type) {
      case "message":
        if (hello.type === "stranger") throw new FrameError("a message came from somebody who is no member");
        this.#options.peers.onMessage(hello.from, readPlain(body));
        break;
      case "ask": {
        const { number, body: question } = readNumbered(body);
        void this.#answer(number, question, hello.type === "member" ? hello.from : null);
        break;
      }
      case "ping":
        this.#write(frameOf("pong", null));
        break;
      case "hello":
      case "accept":
      case "refuse":
      case "answer":
      case "failure":
      case "pong":
        throw new FrameError(`a frame of the type ${type} came the wrong way`);
    }
  }

  #onHello(hello: Hello): void {
    const { tls, limits } = this.#options;
    const fault = nameFault(this.#socket, tls);
    if (fault !== null) throw new Refused({ code: "notAllowed", reason: fault });
    if (hello.type === "member") this.#demandMember(hello);
    clearTimeout(this.#deadline);
    if (hello.type === "stranger") this.#deadline = setTimeout(() => this.#socket.destroy(), limits.strangerMs);
    this.#hello = hello;
    this.#write(Buffer.concat([PREFACE, frameOf("accept", { version: WIRE_VERSION })]));
    this.#options.onAccepted(this, hello);
  }

  /** @throws Refused if somebody is no member here, or not the one that is meant */
  #demandMember({ clusterId, from, to }: Extract<Hello, { readonly type: "member" }>): void {
    const { tls, peers } = this.#options;
    if (clusterId !== peers.clusterId) {
      const clusters = `this member is of the cluster ${peers.clusterId}, and the other of ${clusterId}`;
      throw new Refused({ code: "clusterMismatch", reason: `cluster id mismatch: ${clusters}` });
    }
    if (to !== peers.self) {
      throw new Refused({ code: "wrongMember", reason: `this is the member ${peers.self}, and not ${to}` });
    }
    const urls = this.#options.urlsOf(from);
    if (urls === null) throw new Refused(this.#absence(from));
    const doubt = memberFault(this.#socket, tls, urls);
    if (doubt !== null) throw new Refused({ code: "notAllowed", reason: `${from} is claimed, but ${doubt}` });
  }

  #absence(member: NodeId): Refusal {
    const { peers } = this.#options;
    const applied = peers.removedBy?.(member) ?? null;
    if (applied === null)
      return { code: "notMember", reason: `${member} is not known as a member here, or not any more` };
    const reason = `${member} was removed from the cluster`;
    return { code: "removed", reason, removal: { clusterId: peers.clusterId, member, applied } };
  }

  async #answer(number: number, question: Plain, from: NodeId | null): Promise<void> {
    const { limits, peers } = this.#options;
    if (this.#asks >= limits.asksMax) {
      this.#write(frameOf("failure", { number, reason: "too many questions at once" }));
      return;
    }
    this.#asks += 1;
    let frame: Buffer;
    try {
      frame = frameOf("answer", { number, body: await peers.onAsk(from, question) });
      if (frame.length > limits.frameMax) throw new Error("the answer is longer than a frame may be");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      peers.log.debug({ from, reason }, "a question was refused");
      frame = frameOf("failure", { number, reason: shortened(reason) });
    }
    this.#asks -= 1;
    this.#write(frame);
  }

  /** Who does not take what is written is not read from either, so that what waits for it is bounded. */
  #write(frame: Buffer): void {
    if (this.#isDone || this.#socket.destroyed) return;
    if (!this.#socket.write(frame)) this.#socket.pause();
  }
}
