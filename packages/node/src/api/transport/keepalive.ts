/**
 * Keeps connections alive, and finds out about those that are dead. Times are etcd's defaults:
 * `--grpc-keepalive-min-time`, `--grpc-keepalive-interval` and `--grpc-keepalive-timeout`.
 */

import { constants } from "node:http2";
import type { ServerHttp2Session } from "node:http2";

/** A client may ping this often. */
const PING_MS_MIN = 5_000;
/** So many pings may come too early before the client is sent away. */
const STRIKES_MAX = 2;
/** A connection on which there was nothing for so long is pinged, and has so long to answer. */
const SILENCE_MS = 2 * 60 * 60_000;
const ANSWER_MS = 20_000;

/** Returns what is to be called whenever something is sent: a client may well ping between that, to find out how fast it is. */
export function superviseSession(session: ServerHttp2Session): () => void {
  session.setTimeout(SILENCE_MS, () => {
    const dead = setTimeout(() => session.destroy(), ANSWER_MS).unref();
    const isSent = session.ping(() => clearTimeout(dead));
    if (!isSent) clearTimeout(dead);
  });
  return limitPings(session);
}

function limitPings(session: ServerHttp2Session): () => void {
  let last = Number.NEGATIVE_INFINITY;
  let strikes = 0;
  session.on("ping", () => {
    const now = performance.now();
    strikes = now - last < PING_MS_MIN ? strikes + 1 : 0;
    last = now;
    if (strikes <= STRIKES_MAX) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    session.destroy();
  });
  return () => {
    last = Number.NEGATIVE_INFINITY;
    strikes = 0;
  };
}
