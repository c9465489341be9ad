/** The interface of a replicated register: what its clients ask, and what its servers answer. */

/** What a register holds: null before the first write. */
export type Value = string | null;

/** Which of a client's requests an answer belongs to. No two requests of a run have the same number. */
export type RequestId = number;

/** Write `value`. */
export type Put = { readonly type: "put"; readonly request: RequestId; readonly value: string };
/** Read. */
export type Get = { readonly type: "get"; readonly request: RequestId };
/** The value of this request was written. */
type PutOk = { readonly type: "putOk"; readonly request: RequestId };
/** The register held `value`. */
type GetOk = { readonly type: "getOk"; readonly request: RequestId; readonly value: Value };

export type RegisterMessage = Put | Get | PutOk | GetOk;

/** Whether `message` is part of the interface, and not what servers say to each other, which carries other tags. */
export function isRegisterMessage(message: { readonly type: string }): message is RegisterMessage {
  return ["put", "get", "putOk", "getOk"].includes(message.type);
}
