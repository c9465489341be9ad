/** Commands are handed over once, and again only where it is certain that they went nowhere. */

import { nodeId } from "@quorate/core";
import { expect, test } from "vitest";
import { FakeClock } from "../shell/fake-clock.ts";
import type { Addressed } from "./addressed.ts";
import { Proposals } from "./proposals.ts";
import type { ForwardVerdict } from "./proposals.ts";

const leader = nodeId("leader");

class Rig {
  readonly clock = new FakeClock();
  leader: typeof leader | null = leader;
  wakes = 0;
  readonly forwarded: { readonly commands: readonly Addressed<string>[]; readonly verdict: Pending }[] = [];
  readonly proposals: Proposals<string, string> = new Proposals({
    origin: "self/1",
    clock: this.clock,
    timeoutMs: 1_000,
    pendingMax: 3,
    lotBytes: 1_000,
    retryMs: 10,
    forward: (_, commands) => {
      const verdict = withResolvers();
      this.forwarded.push({ commands, verdict });
      return verdict.promise;
    },
    wake: () => {
      this.wakes += 1;
    },
    leader: () => this.leader,
  });
}

type Verdict = ForwardVerdict | { readonly type: "unsent" };
type Pending = {
  readonly promise: Promise<Verdict>;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
};

function withResolvers(): Pending {
  let resolve: (verdict: Verdict) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Verdict>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const own = (number: number, command: string): Addressed<string> => ({ origin: "self/1", number, command });

/** Lets promises that are settled be heard of. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a leader hands over what has gathered, once, and each gets its own result", async () => {
  const { proposals } = new Rig();
  const [a, b] = [proposals.propose("a"), proposals.propose("b")];
  expect(proposals.gather(true)).toEqual([own(1, "a"), own(2, "b")]);
  expect(proposals.gather(true)).toEqual([]);
  proposals.onApplied(own(2, "b"), "result of b");
  proposals.onApplied({ origin: "other/1", number: 1, command: "a" }, "somebody else's");
  proposals.onApplied(own(1, "a"), "result of a");
  expect(await Promise.all([a, b])).toEqual(["result of a", "result of b"]);
});

test("what the protocol refused is handed over again", () => {
  const rig = new Rig();
  void rig.proposals.propose("a");
  rig.proposals.onRefused(rig.proposals.gather(true), "transferring");
  const before = rig.wakes;
  rig.clock.advance(10);
  expect(rig.wakes).toBe(before + 1);
  expect(rig.proposals.gather(true)).toEqual([own(1, "a")]);
});

test("one that does not lead sends commands to the leader, and again if they were refused or never left", async () => {
  const rig = new Rig();
  void rig.proposals.propose("a");
  for (const verdict of [{ type: "refused", reason: "notLeader" }, { type: "unsent" }] as const) {
    expect(rig.proposals.gather(false)).toEqual([]);
    expect(rig.forwarded.at(-1)?.commands).toEqual([own(1, "a")]);
    rig.forwarded.at(-1)?.verdict.resolve(verdict);
    await settled();
    rig.clock.advance(10);
  }
  rig.proposals.gather(false);
  expect(rig.forwarded).toHaveLength(3);
});

test("commands go to the leader in lots that fit a message, in their order", () => {
  const rig = new Rig();
  const commands = ["x".repeat(600), "y".repeat(600), "z"];
  for (const command of commands) void rig.proposals.propose(command);
  rig.proposals.gather(false);
  const [x = "", y = "", z = ""] = commands;
  expect(rig.forwarded.map(({ commands: lot }) => lot)).toEqual([[own(1, x)], [own(2, y), own(3, z)]]);
});

test("a command that is longer than a lot goes alone", () => {
  const rig = new Rig();
  for (const command of ["a", "x".repeat(5_000), "b"]) void rig.proposals.propose(command);
  rig.proposals.gather(false);
  expect(rig.forwarded.map(({ commands }) => commands.map(({ number }) => number))).toEqual([[1], [2], [3]]);
});

test("what may be in the order is not sent again, and its client is told that nobody knows", async () => {
  const rig = new Rig();
  const result = rig.proposals.propose("a");
  rig.proposals.gather(false);
  rig.forwarded[0]?.verdict.reject(new Error("the connection is gone"));
  await settled();
  rig.clock.advance(500);
  rig.proposals.gather(false);
  expect(rig.forwarded).toHaveLength(1);
  const failed = expect(result).rejects.toMatchObject({ fault: "timeout" });
  rig.clock.advance(500);
  await failed;
});

test("what may be in the order, and is, gets its result after all", async () => {
  const rig = new Rig();
  const result = rig.proposals.propose("a");
  rig.proposals.gather(false);
  rig.forwarded[0]?.verdict.reject(new Error("the connection is gone"));
  await settled();
  rig.proposals.onApplied(own(1, "a"), "done");
  expect(await result).toBe("done");
});

test("without a leader commands wait, and are given up in time", async () => {
  const rig = new Rig();
  rig.leader = null;
  const result = rig.proposals.propose("a");
  expect(rig.proposals.gather(false)).toEqual([]);
  const failed = expect(result).rejects.toMatchObject({ fault: "noLeader" });
  rig.clock.advance(1_000);
  await failed;
  rig.leader = leader;
  rig.proposals.gather(false);
  expect(rig.forwarded).toEqual([]);
});

test("there is a limit to what may be under way", async () => {
  const { proposals } = new Rig();
  for (const command of ["a", "b", "c"]) void proposals.propose(command);
  await expect(proposals.propose("d")).rejects.toMatchObject({ fault: "tooManyRequests" });
  proposals.onApplied(own(1, "a"), "done");
  void proposals.propose("e");
  expect(proposals.gather(true)).toHaveLength(3);
});

test("commands of another member are answered when they are applied, refused, or no longer the leader's", async () => {
  const { proposals } = new Rig();
  const foreign = (number: number): Addressed<string> => ({ origin: "other/1", number, command: "x" });
  const applied = proposals.takeForwarded([foreign(1), foreign(2)]);
  expect(proposals.gather(true)).toEqual([foreign(1), foreign(2)]);
  proposals.onApplied(foreign(1), "");
  proposals.onApplied(foreign(2), "");
  expect(await applied).toEqual({ type: "applied" });

  const refused = proposals.takeForwarded([foreign(3)]);
  proposals.onRefused(proposals.gather(true), "tooManyUncommitted");
  expect(await refused).toEqual({ type: "refused", reason: "tooManyUncommitted" });

  const late = proposals.takeForwarded([foreign(4)]);
  expect(proposals.gather(false)).toEqual([]);
  expect(await late).toEqual({ type: "refused", reason: "notLeader" });
});

test("commands of another member that were taken are forgotten with the leader, and their sender is told so", async () => {
  const { proposals } = new Rig();
  const taken = proposals.takeForwarded([{ origin: "other/1", number: 1, command: "x" }]);
  expect(proposals.gather(true)).toHaveLength(1);
  proposals.forgetForwarded();
  await expect(taken).rejects.toMatchObject({ fault: "leaderChanged" });
  const again = proposals.takeForwarded([{ origin: "other/1", number: 2, command: "x" }]);
  proposals.gather(true);
  proposals.stop();
  await expect(again).rejects.toMatchObject({ fault: "stopped" });
});

test("no commands at all are in the order already", async () => {
  const { proposals } = new Rig();
  expect(await proposals.takeForwarded([])).toEqual({ type: "applied" });
  expect(proposals.gather(true)).toEqual([]);
});

test("a member that has stopped takes nothing more", async () => {
  const { proposals, clock } = new Rig();
  proposals.stop();
  await expect(proposals.propose("a")).rejects.toMatchObject({ fault: "stopped" });
  const foreign = { origin: "other/1", number: 1, command: "x" };
  expect(await proposals.takeForwarded([foreign])).toEqual({ type: "refused", reason: "stopped" });
  clock.advance(10_000);
  expect(proposals.size).toBe(0);
});

test("when the member stops, all that is pending is told", async () => {
  const { proposals } = new Rig();
  const result = proposals.propose("a");
  const forwarded = proposals.takeForwarded([{ origin: "other/1", number: 1, command: "x" }]);
  proposals.stop();
  await expect(result).rejects.toMatchObject({ fault: "stopped" });
  expect(await forwarded).toEqual({ type: "refused", reason: "stopped" });
});
