/** Finds out about connections that are dead. Times are etcd's defaults: `--grpc-keepalive-interval` and `-timeout`. */

import type { Connection } from "./h2/connection.ts";

/** A connection on which there was nothing for so long is pinged, and has so long to answer. */
const SILENCE_MS = 2 * 60 * 60_000;
const ANSWER_MS = 20_000;

export function supervise(connection: Connection): void {
  connection.onSilence(SILENCE_MS, () => {
    const dead = setTimeout(() => connection.destroy(), ANSWER_MS).unref();
    connection.ping(() => clearTimeout(dead));
  });
}
