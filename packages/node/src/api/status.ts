/** What a call comes to, in gRPC's terms. */

/** The codes of gRPC that are used here. */
export const CODE = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
} as const;

export type Code = (typeof CODE)[keyof typeof CODE];

export type Status = { readonly code: Code; readonly message: string };

export const OK: Status = { code: CODE.ok, message: "" };

/** Thrown by a handler whose call ends with a status other than OK. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status) {
    super(status.message);
    this.name = "StatusError";
    this.status = status;
  }
}

const NAMES: ReadonlyMap<Code, string> = new Map(
  Object.entries(CODE).map(([name, code]) => [code, name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()]),
);

/** As in `NOT_FOUND`. */
export function codeName(code: Code): string {
  return NAMES.get(code) ?? String(code);
}
