/** A member that does not lead, and what becomes of what it asks the leader. */

import { nodeId } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { expect, test } from "vitest";
import { PeerError } from "../peers/index.ts";
import { FakeClock } from "../shell/fake-clock.ts";
import { storeMachine } from "../store/index.ts";
import { Member } from "./member.ts";
import type { MemberOptions } from "./member-options.ts";
import type { Replication } from "./replication.ts";

const leader = nodeId("00000000000000b2");

type Forward = Parameters<MemberOptions["replicate"]>[1];

/** A follower whose leader is asked by `ask`. */
function follower(ask: () => Promise<Plain>): { readonly member: Member; readonly forward: Forward } {
  let forward: Forward = () => Promise.reject(new Error("There is no replication."));
  const replication: Replication = {
    begin: () => undefined,
    propose: () => Promise.reject(new Error("Nothing is proposed here.")),
    linearize: () => Promise.resolve(),
    takeForwarded: () => null,
    receive: () => true,
    transferLeadership: () => false,
    changeMembership: () => false,
    followers: () => null,
    store: storeMachine.initial,
    applied: 0,
    loggedAddresses: new Map(),
    view: { leader, term: 1, commitIndex: 0, lastIndex: 0, voters: [leader], learners: [], isSettled: true },
    pending: 0,
    isHung: false,
    stop: () => undefined,
  };
  const member = new Member({
    identity: {
      version: 1,
      protocol: "raft",
      clusterId: "00000000000000c1",
      memberId: "00000000000000a1",
      bootstrap: [],
      members: [],
    },
    name: "m1",
    clientUrls: () => [],
    token: "token",
    version: "0.0.0",
    peers: { ask, setPeer: () => undefined, removePeer: () => undefined, status: () => [] },
    replicate: (_, way) => {
      forward = way;
      return replication;
    },
    requestTimeoutMs: 1_000,
    electionMs: 100,
    quotaBytes: 1_000,
    strictReconfiguration: true,
    autoCompaction: null,
    diskSize: () => 0,
    clock: new FakeClock(),
    spans: null,
    events: {
      onLeader: () => undefined,
      onApplied: () => undefined,
      onProposal: () => undefined,
      onSlowApply: () => undefined,
      onReadFailed: () => undefined,
      onFlush: () => undefined,
      onPause: () => undefined,
      onHung: () => undefined,
      onStrange: () => undefined,
      onSetback: () => undefined,
    },
    onFailure: () => undefined,
  });
  return { member, forward };
}

test.each([
  ["unreachable", true],
  ["noRoom", true],
  ["unknownPeer", true],
  ["notMember", true],
  ["removed", true],
  ["clusterMismatch", true],
  ["wrongMember", true],
  ["versionMismatch", true],
  ["notAllowed", true],
  ["timeout", false],
  ["closed", false],
  ["stopped", false],
  ["refused", false],
] as const)("commands that met the error %s have certainly not left: %s", async (code, isCertain) => {
  const { forward } = follower(() => Promise.reject(new PeerError(code, "")));
  if (isCertain) expect(await forward(leader, [])).toEqual({ type: "unsent" });
  else await expect(forward(leader, [])).rejects.toMatchObject({ code });
});

test.each([
  ["unreachable", "leaderChanged"],
  ["closed", "leaderChanged"],
  ["timeout", "timeout"],
] as const)("an operator whose leader can't be asked for its advice (%s) hears %s", async (code, fault) => {
  const { member } = follower(() => Promise.reject(new PeerError(code, "")));
  await expect(member.addMember(["http://127.0.0.1:1"], false)).rejects.toMatchObject({ name: "MemberError", fault });
});

test("what the leader has against a change is what the operator hears", async () => {
  const advised = follower(() => Promise.resolve({ type: "no", fault: "unhealthyCluster" }));
  const asked = advised.member.addMember(["http://127.0.0.1:1"], false);
  await expect(asked).rejects.toMatchObject({ fault: "unhealthyCluster" });
  const late = follower(() => Promise.resolve({ type: "notLeader" }));
  await expect(late.member.addMember([], false)).rejects.toMatchObject({ fault: "leaderChanged" });
});
