/**
 * One member as a process of its own, for the harness: the same node that `quorate serve` runs, told everything in one
 * argument. With `plant` it has a bug, which the harness has to find.
 */

import { startNode } from "@quorate/node";
import type { NodeOptions } from "@quorate/node";

/** Bugs that a member can be given: reads that are not linearizable, though they were asked to be. */
export type Plant = "staleReads" | null;

const { options, plant }: { readonly options: NodeOptions; readonly plant: Plant } = JSON.parse(
  process.argv[2] ?? "{}",
);

const say = (details: object, message: string): void => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...details })}\n`);
};

try {
  const node = await startNode(options, {
    log: { debug: () => undefined, info: say, warn: say },
    member: {
      onLeader: (leader, term) => {
        say({ leader, term }, "leader");
      },
      onApplied: () => undefined,
      onProposal: () => undefined,
      onFlush: () => undefined,
      onPause: (ms) => {
        say({ ms }, "paused");
      },
      onHung: (isHung) => {
        say({ isHung }, "hung");
      },
      onStrange: (what, details) => {
        say(details, what);
      },
      onSetback: (what, error) => {
        say({ error: String(error) }, what);
      },
    },
    api: { onCall: () => undefined },
  });
  if (plant === "staleReads") Object.assign(node.member, { linearize: () => Promise.resolve() });
  process.send?.({ type: "up", memberId: node.member.memberId });
  // Whoever started it is gone.
  process.on("disconnect", () => process.exit(1));
  process.on("SIGTERM", () => {
    void node.stop().then(() => process.exit(0));
  });
  const failure = await node.failed;
  say({ reason: failure.message }, "failed");
  process.exit(1);
} catch (error) {
  say({ reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }, "not started");
  process.exit(1);
}
