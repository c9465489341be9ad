/** The service Watch: streams of watchers over one hub. */

import type { ApiMember } from "../member.ts";
import type { WatchRequest, WatchResponse } from "../messages.ts";
import { demandVoter, stream } from "../methods.ts";
import type { NamedMethod } from "../methods.ts";
import { OK } from "../status.ts";
import type { WatchHub } from "../watch/hub.ts";
import { WatchSession } from "../watch/session.ts";

export function watchMethod(member: ApiMember, hub: WatchHub): NamedMethod {
  return stream<WatchRequest, WatchResponse>(
    member,
    { service: "etcdserverpb.Watch", method: "Watch" },
    (_send, server) => {
      demandVoter(member);
      const session = new WatchSession(member, hub, server);
      return {
        message: (request) => session.message(request),
        end: () => server.finish(OK),
        drained: () => session.drained(),
        closed: () => session.closed(),
      };
    },
  );
}
