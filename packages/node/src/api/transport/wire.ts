/** Statuses and headers as HTTP/2 carries them. */

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import type { Status } from "../status.ts";
import type { CallContext } from "./transport.ts";

export const RESPONSE_HEADERS: OutgoingHttpHeaders = { ":status": 200, "content-type": "application/grpc" };

export function trailersOf({ code, message }: Status): OutgoingHttpHeaders {
  if (message === "") return { "grpc-status": String(code) };
  return { "grpc-status": String(code), "grpc-message": percentEncoded(message) };
}

/** Printable ASCII stays as it is, but for the sign itself. */
function percentEncoded(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  return Buffer.from(message, "utf8")
    .toString("latin1")
    .replaceAll(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

export function contextOf(headers: IncomingHttpHeaders): CallContext {
  return {
    metadata(name) {
      const value = headers[name];
      // Values of one name are joined with a comma where they come more than once.
      return Array.isArray(value) ? value[0] : value?.split(",", 1)[0];
    },
  };
}
