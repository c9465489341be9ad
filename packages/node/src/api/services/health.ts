/** The gRPC health checking protocol: a member serves while it knows a leader. */

import { codecOf } from "../codec.ts";
import type { ApiMember } from "../member.ts";
import type { HealthCheckRequest, HealthCheckResponse } from "../messages.ts";
import { stream } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { CODE, StatusError } from "../status.ts";

const service = "grpc.health.v1.Health";

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** `services` are those that can be asked for by name. */
export function healthMethods(member: ApiMember, services: ReadonlySet<string>): readonly NamedMethod[] {
  const { backend } = member;
  const statusOf = (name: string): number => {
    if (name !== "" && !services.has(name)) return SERVICE_UNKNOWN;
    return backend.leader === null ? NOT_SERVING : SERVING;
  };
  const { decode, encode } = codecOf<HealthCheckRequest, HealthCheckResponse>(service, "Check");

  const check = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const status = statusOf(decode(bytes).service);
    if (status === SERVICE_UNKNOWN) throw new StatusError({ code: CODE.notFound, message: "unknown service" });
    return await Promise.resolve(encode({ status }));
  };

  const watch = stream<HealthCheckRequest, HealthCheckResponse>(member, { service, method: "Watch" }, (send) => {
    let stop = (): void => undefined;
    return {
      message({ service: name }) {
        stop();
        let last = statusOf(name);
        send({ status: last });
        stop = backend.onLeaderChange(() => {
          const status = statusOf(name);
          if (status !== last) send({ status });
          last = status;
        });
      },
      end: () => undefined,
      drained: () => undefined,
      closed: () => stop(),
    };
  });

  return [[`/${service}/Check`, { kind: "unary", call: check }], watch];
}
