/** What running nodes write down and the checker reads: the format of traces, and the digests in them. */

export { digester } from "./digest.ts";
export type { Digester, Hash } from "./digest.ts";
export { asPlain, fromJson, toJson } from "./json.ts";
export type { Json } from "./json.ts";
export { changesOf, effectRecord, TRACE_DIGEST, TRACE_FORMAT } from "./records.ts";
export type * from "./records.ts";
