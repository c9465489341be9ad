/** Calls and their statuses by the names that etcd's metrics have for them. */

const STREAMS: ReadonlyMap<string, string> = new Map([
  ["Watch/Watch", "bidi_stream"],
  ["Lease/LeaseKeepAlive", "bidi_stream"],
  ["Maintenance/Snapshot", "server_stream"],
]);

export function grpcType(service: string, method: string): string {
  return STREAMS.get(`${service}/${method}`) ?? "unary";
}

/** `NotFound` for `NOT_FOUND`, as Go has it. */
export function goCodeName(code: string): string {
  if (code === "OK") return code;
  if (code === "CANCELLED") return "Canceled";
  return code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
