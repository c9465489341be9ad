/**
 * One member as a process of its own, for the harness: the same node that `quorate serve` runs, told everything in one
 * argument, and ending with the same exit codes.
 */

import { endOf, startNode } from "@quorate/node";
import type { NodeOptions } from "@quorate/node";

const options: NodeOptions = JSON.parse(process.argv[2] ?? "{}");

const say = (details: object, message: string): void => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...details })}\n`);
};

function end(error: unknown): never {
  const { exitCode, message } = endOf(error);
  say({ exitCode }, message);
  process.exit(exitCode);
}

process.on("uncaughtException", end);
// Whoever started it is gone.
process.on("disconnect", () => process.exit(1));
process.on("message", () => {
  // There is one question.
  process.send?.({ type: "time", wallMs: Date.now() });
});
try {
  const node = await startNode(options, {
    log: { debug: () => undefined, info: say, warn: say },
    member: {
      onLeader: (leader, term) => {
        say({ leader, term }, "leader");
      },
      onApplied: () => undefined,
      onProposal: () => undefined,
      onSlowApply: () => undefined,
      onReadFailed: () => undefined,
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
    api: { onCall: () => undefined, onReceived: () => undefined, onSent: () => undefined },
  });
  process.send?.({ type: "up", memberId: node.member.memberId });
  process.on("SIGTERM", () => {
    void node.stop().then(() => process.exit(0));
  });
  end(await node.failed);
} catch (error) {
  end(error);
}
