/** What `check trace` holds running nodes of Raft against. */

import { traceSpec } from "@quorate/checker";
import { raft } from "@quorate/core";
import type { Raft } from "@quorate/core";
import { broadcastMonitors, orderMonitors } from "../shared/total-order-monitors.ts";
import { durabilityMonitors, raftMonitors } from "./shared/monitors.ts";
import { raftNodeSteps } from "./shared/node-steps.ts";

export default traceSpec<Raft>({
  protocol: raft,
  nodeSteps: raftNodeSteps,
  monitors: () => ({ ...raftMonitors(), ...orderMonitors() }),
  complete: () => ({ ...broadcastMonitors(), ...durabilityMonitors() }),
});
