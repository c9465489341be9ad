import { nodeId, raft, raftConfig } from "@quorate/core";
import type { RaftStep } from "@quorate/core";
import { expect, test } from "vitest";
import { withLinks } from "./links.ts";
import { raftMembers, raftNodes } from "./nodes.ts";

const nodes = raftMembers(3);
const [n1, n3] = [nodeId("n1"), nodeId("n3")];
const config = raftConfig({ self: n1, voters: nodes });

/** How n1 campaigns where n1 does not reach n3. */
function campaign(): RaftStep {
  const protocol = withLinks(raftNodes({ nodes }), (from, to) => from !== n1 || to !== n3)["n1"]?.protocol ?? raft;
  const { state } = protocol.start(config, raft.initial(config));
  return protocol.step(config, state, { type: "timeout", timer: "election" });
}

test("what can't arrive is not sent, and all else is as it was", () => {
  const { state } = raft.start(config, raft.initial(config));
  const whole = raft.step(config, state, { type: "timeout", timer: "election" });
  const { state: campaigning, effects } = campaign();
  expect(campaigning).toEqual(whole.state);
  expect(effects).toEqual(whole.effects.filter((effect) => effect.type !== "send" || effect.to !== n3));
  expect(effects.length).toBe(whole.effects.length - 1);
});

test("a step that changes nothing still returns the very same state", () => {
  const protocol = withLinks(raftNodes({ nodes }), () => false)["n1"]?.protocol ?? raft;
  const { state } = protocol.start(config, raft.initial(config));
  expect(protocol.step(config, state, { type: "timeout", timer: "heartbeat" }).state).toBe(state);
});
