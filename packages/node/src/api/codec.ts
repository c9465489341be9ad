/** Between messages in memory and their bytes: protobufjs compiles both ways from the files in `proto/`. */

import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { TXN_NESTING_MAX } from "../store/index.ts";
import { CODE, StatusError } from "./status.ts";

const PROTO_FILES = ["rpc.proto", "kv.proto", "health.proto", "quorate.proto"];

/**
 * How deep messages are read and written. A nested transaction takes two levels and a response's header two more: what the
 * store takes must be answered, and what is somewhat too deep for it is refused in other words than "can't be read".
 */
const NESTING_MAX = 4 * TXN_NESTING_MAX;

protobuf.util.recursionLimit = NESTING_MAX;
protobuf.Reader.recursionLimit = NESTING_MAX;

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => fileURLToPath(new URL(`./proto/${target}`, import.meta.url));
root.loadSync(PROTO_FILES).resolveAll();

export type Decode<Message> = (bytes: Uint8Array) => Message;
export type Encode<Message> = (message: Message) => Uint8Array;

/**
 * How to read messages of the type that is called `name` in `proto/`. That `Message` says the same as `proto/` does is for
 * the caller to see to.
 */
function decoder<Message extends object>(name: string): Decode<Message> {
  const type = root.lookupType(name);
  return (bytes) => {
    try {
      // Nothing at run time knows what a `Message` is; the name does.
      return type.decode(bytes) as Message;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StatusError({ code: CODE.internal, message: `grpc: error unmarshalling request: ${reason}` });
    }
  };
}

/** How to write messages of the type that is called `name` in `proto/`. */
export function encoder<Message extends object>(name: string): Encode<Message> {
  const type = root.lookupType(name);
  return (message) => type.encode(message).finish();
}

/** How to read a method's requests and write its responses. */
export function codecOf<Request extends object, Response extends object>(
  service: string,
  method: string,
): { readonly decode: Decode<Request>; readonly encode: Encode<Response> } {
  const found = root.lookupService(service).methods[method];
  if (found === undefined) throw new Error(`No file in proto/ has a method ${method} of ${service}.`);
  // Types are looked up from where the method stands, so that names of its own package may be short.
  const fullName = (type: string): string => found.parent?.lookupType(type).fullName ?? type;
  return { decode: decoder(fullName(found.requestType)), encode: encoder(fullName(found.responseType)) };
}
