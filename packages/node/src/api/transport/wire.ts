/** Statuses and headers as HTTP/2 carries them. */

import type { Status } from "../status.ts";
import { blockOf } from "./h2/hpack.ts";
import type { Headers } from "./h2/hpack.ts";
import type { CallContext } from "./transport.ts";

const RESPONSE = [
  [":status", "200"],
  ["content-type", "application/grpc"],
] as const;

export const RESPONSE_HEADERS: Buffer = blockOf(RESPONSE);

/** The headers of a response that has nothing else. */
export function statusOnly(status: Status): Buffer {
  return blockOf([...RESPONSE, ...fieldsOf(status)]);
}

export function trailersOf(status: Status): Buffer {
  return blockOf(fieldsOf(status));
}

export function refusalOf(httpStatus: number): Buffer {
  return blockOf([[":status", String(httpStatus)]]);
}

function fieldsOf({ code, message }: Status): readonly (readonly [string, string])[] {
  const status = ["grpc-status", String(code)] as const;
  return message === "" ? [status] : [status, ["grpc-message", percentEncoded(message)]];
}

/** Printable ASCII stays as it is, but for the sign itself. */
function percentEncoded(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  return Buffer.from(message, "utf8")
    .toString("latin1")
    .replaceAll(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

export function contextOf(headers: Headers): CallContext {
  return {
    // Values of one name may have been joined with a comma.
    metadata: (name) => headers.get(name)?.split(",", 1)[0],
  };
}
