/** The requests of the benchmark, encoded as etcd's API has them. */

import { loadDefinition } from "@quorate/node";
import protobuf from "protobufjs";
import { framed } from "./grpc.ts";

const definition = loadDefinition();

export type Call = { readonly path: string; readonly request: Buffer };

function encoded(service: keyof typeof definition, method: string, message: object): Call {
  const found = definition[service][method];
  if (found === undefined) throw new Error(`The API has no ${method}.`);
  return { path: found.path, request: framed(found.requestSerialize(message)) };
}

export function put(key: string, value: Buffer): Call {
  return encoded("KV", "Put", { key: Buffer.from(key), value });
}

/** Many puts in one transaction: one agreement for all of them. */
export function putAll(keys: readonly string[], value: Buffer): Call {
  const success = keys.map((key) => ({ request_put: { key: Buffer.from(key), value } }));
  return encoded("KV", "Txn", { success });
}

export function get(key: string, isSerializable: boolean): Call {
  return encoded("KV", "Range", { key: Buffer.from(key), serializable: isSerializable });
}

export function status(): Call {
  return encoded("Maintenance", "Status", {});
}

export function watch(key: string): Call {
  return encoded("Watch", "Watch", { create_request: { key: Buffer.from(key) } });
}

/** The leader's id in the answer to `status`, "0" for none. */
export function leaderIn(response: Buffer): string {
  const method = definition.Maintenance["Status"];
  const message: unknown = method?.responseDeserialize(response);
  const isMessage = message !== null && typeof message === "object" && "leader" in message;
  return isMessage ? String(message.leader) : "0";
}

/** The member's own id in the header of an answer to `status`. */
export function memberIn(response: Buffer): string {
  const method = definition.Maintenance["Status"];
  const message: unknown = method?.responseDeserialize(response);
  if (message === null || typeof message !== "object" || !("header" in message)) return "0";
  const { header } = message;
  return header !== null && typeof header === "object" && "member_id" in header ? String(header.member_id) : "0";
}

/** The field of a watch's response that an event is in, as the tag that stands before it. */
const EVENT_TAG = (11 << 3) | 2;

/**
 * How many events are in a response to a watch, of which one may have those of several revisions. All that is looked at
 * are the tags and lengths of its fields: the benchmark's own work is not what is measured.
 */
export function eventsIn(response: Buffer): number {
  const reader = protobuf.Reader.create(response);
  let events = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === EVENT_TAG) events += 1;
    reader.skipType(tag & 7);
  }
  return events;
}
