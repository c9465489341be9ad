/** One connection to somebody who listens: made, the hello accepted, then frames both ways until it ends. */

import { connect as connectPlain } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { hostOf, nameFault } from "../security/names.ts";
import { clientOptions } from "../security/tls.ts";
import type { TlsIdentity } from "../security/tls.ts";
import { FrameError, frameOf } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { Incoming, VersionError } from "./incoming.ts";
import { PeerError } from "./types.ts";
import type { PeerLimits, Removal } from "./types.ts";
import { PREFACE, readRefusal } from "./words.ts";
import type { Hello } from "./words.ts";

export type DialOptions = {
  readonly url: string;
  readonly hello: Hello;
  readonly tls: TlsIdentity | null;
  readonly limits: PeerLimits;
  /** The other side has accepted. */
  onOpen(): void;
  /** The other side says that the member which connects was removed; `onEnd` follows. */
  onRemoved(removal: Removal): void;
  /** @throws FrameError to end the connection */
  onFrame(frame: Frame): void;
  /** The socket takes more again. */
  onDrain(): void;
  /** Once, unless `hangUp` came first. */
  onEnd(error: PeerError): void;
};

export type Dialled = {
  readonly socket: Socket;
  /** Ends the connection without a word. */
  hangUp(): void;
  /** Ends the connection for a reason, which `onEnd` gets. */
  fail(error: PeerError): void;
};

const KEEP_ALIVE_MS = 5_000;

/** @throws PeerError if `url` can't be used */
export function dial(options: DialOptions): Dialled {
  const { url, hello, limits } = options;
  const socket = connect(url, options.tls);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const incoming = new Incoming();
  let isOpen = false;
  let isEnded = false;

  const end = (error: PeerError | null): void => {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(deadline);
    socket.destroy();
    if (error !== null) options.onEnd(error);
  };
  const deadline = setTimeout(() => {
    end(new PeerError("unreachable", `no handshake within ${limits.handshakeMs} ms`));
  }, limits.handshakeMs);

  const onFrame = (frame: Frame): void => {
    if (isOpen) {
      options.onFrame(frame);
    } else if (frame.type === "refuse") {
      const refusal = readRefusal(frame.body);
      // Without TLS where there should be some, anybody could be at the other end.
      const isMeant = options.tls === null || socket instanceof TLSSocket;
      if (refusal.code === "removed" && isMeant) options.onRemoved(refusal.removal);
      end(new PeerError(refusal.code, `turned away: ${refusal.reason}`));
    } else if (frame.type === "accept") {
      isOpen = true;
      clearTimeout(deadline);
      options.onOpen();
    } else {
      throw new FrameError(`a frame of the type ${frame.type} came in answer to the hello`);
    }
  };

  socket.on("data", (piece: Buffer) => {
    try {
      for (const frame of incoming.read(piece, () => limits.frameMax)) {
        if (isEnded) return;
        onFrame(frame);
      }
    } catch (error) {
      if (error instanceof VersionError) end(new PeerError("versionMismatch", error.message));
      else if (error instanceof FrameError) end(new PeerError(isOpen ? "closed" : "unreachable", error.message));
      else throw error;
    }
  });
  socket.on("drain", () => {
    if (!isEnded) options.onDrain();
  });
  socket.on("error", (error) => {
    end(new PeerError(isOpen ? "closed" : "unreachable", inWords(error)));
  });
  socket.on("close", () => {
    end(new PeerError(isOpen ? "closed" : "unreachable", "the other side closed the connection"));
  });
  socket.on(options.tls !== null && url.startsWith("https:") ? "secureConnect" : "connect", () => {
    if (isEnded) return;
    const fault = nameFault(socket, options.tls);
    if (fault === null) socket.write(Buffer.concat([PREFACE, frameOf("hello", hello)]));
    else end(new PeerError("notAllowed", fault));
  });

  return {
    socket,
    hangUp: () => {
      end(null);
    },
    fail: end,
  };
}

function connect(url: string, tls: TlsIdentity | null): Socket {
  const { protocol, port } = parse(url);
  const host = hostOf(url);
  if (protocol === "http:") return connectPlain({ host, port: Number(port === "" ? 80 : port) });
  if (tls === null) {
    throw new PeerError("unreachable", `${url} wants TLS, and this member was given no certificate for its peers`);
  }
  return connectTls({ host, port: Number(port === "" ? 443 : port), ...clientOptions(tls) });
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:")) return parsed;
  throw new PeerError("unreachable", `"${url}" is no address of a peer: give one like https://10.0.0.1:2380`);
}

/** OpenSSL does not say whose certificate it is that has expired. */
function inWords({ message }: Error): string {
  return message === "certificate has expired" ? "the certificate there has expired: it needs a new one" : message;
}
