/** The configuration and the transport follow the list of members, and a member that is removed leaves. */

import { nodeId } from "@quorate/core";
import type { NodeId } from "@quorate/core";
import { describe, expect, test } from "vitest";
import type { ProtocolView } from "../protocols/index.ts";
import { FakeClock } from "../shell/fake-clock.ts";
import { storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type { Member, MemberId, StoreCommand, StoreResult } from "../store/types.ts";
import { MemberError } from "./backend.ts";
import { Membership } from "./membership.ts";
import type { Replication } from "./replication.ts";
import { RemovedError } from "./removed.ts";

const A = "00000000000000a1";
const B = "00000000000000b2";
const C = "00000000000000c3";
const D = "00000000000000d4";
const ELECTION_MS = 100;

function member(id: MemberId, change: Partial<Member> = {}): Member {
  return { id, name: id, peerUrls: [`http://${id}:1`], clientUrls: [`http://${id}:2`], isLearner: false, ...change };
}

/** The member A, with a protocol and a transport that the test holds in its hands. */
class Rig {
  readonly clock = new FakeClock();
  readonly done: string[] = [];
  readonly failures: unknown[] = [];
  view: ProtocolView;
  store: StoreState = storeMachine.initial;
  applied = 0;
  /** How often the store was looked at. */
  looks = 0;
  clientUrls: readonly string[] | null = [`http://${A}:2`];
  logged: Replication["loggedAddresses"] = new Map();
  /** What others say of the members when they are asked. */
  askMembers: (of: NodeId) => Promise<readonly Member[]> = () => Promise.reject(new Error("nobody is there"));
  /** What becomes of commands: they are applied unless the test says something else. */
  carryOut: (command: StoreCommand) => Promise<StoreResult> = (command) => Promise.resolve(this.apply(command));
  readonly membership: Membership;

  constructor(founders: readonly Member[], voters: readonly MemberId[] = founders.map(({ id }) => id)) {
    const view = { leader: nodeId(A), term: 1, commitIndex: 1, lastIndex: 1, learners: [], isSettled: true };
    this.view = { ...view, voters: voters.map(nodeId) };
    const rig = (): this => this;
    const replication: Replication = {
      begin: () => undefined,
      propose: () => Promise.reject(new Error("membership proposes by what it is given for that")),
      linearize: () => Promise.resolve(),
      takeForwarded: () => null,
      receive: () => true,
      transferLeadership: (to) => rig().note(`transfer to ${to}`),
      changeMembership: (next, learners) => rig().note(`change to ${next.join(" ")} and ${learners.join(" ")}`),
      followers: () => [B, C].map((id, at) => ({ node: nodeId(id), match: at, isActive: true })),
      get store() {
        rig().looks += 1;
        return rig().store;
      },
      get applied() {
        return rig().applied;
      },
      get loggedAddresses() {
        return rig().logged;
      },
      get view() {
        return rig().view;
      },
      pending: 0,
      isHung: false,
      stop: () => undefined,
    };
    this.membership = new Membership({
      identity: { version: 1, protocol: "raft", clusterId: "c", memberId: A, bootstrap: voters, members: founders },
      name: A,
      clientUrls: () => this.clientUrls?.slice() ?? null,
      token: "token",
      peers: {
        setPeer: (peer: NodeId, urls: readonly string[]) => void this.note(`peer ${peer} at ${urls.join(" ")}`),
        removePeer: (peer: NodeId) => void this.note(`no peer ${peer}`),
      },
      replication: () => replication,
      propose: (command) => {
        this.note(`propose ${command.type}`);
        return this.carryOut(command);
      },
      askMembers: (of) => {
        this.note(`ask ${of}`);
        return this.askMembers(of);
      },
      mayChange: () => Promise.resolve({ type: "yes" }),
      requestTimeoutMs: 1_000,
      electionMs: ELECTION_MS,
      clock: this.clock,
      events: { onStrange: (what) => void this.note(what), onSetback: () => undefined },
      onFailure: (error) => this.failures.push(error),
    });
  }

  note(what: string): boolean {
    this.done.push(what);
    return true;
  }

  apply(command: StoreCommand): StoreResult {
    const { state, result } = storeMachine.apply(this.store, command, 1);
    this.store = state;
    return result;
  }

  list(...members: readonly Member[]): this {
    this.apply({ type: "membersInit", members });
    return this;
  }

  /** A turn of the shell, and what was done in it. */
  async turn(change: Partial<ProtocolView> = {}): Promise<readonly string[]> {
    this.view = { ...this.view, ...change };
    this.membership.onTurn(this.view);
    await new Promise((resolve) => setImmediate(resolve));
    return this.done.splice(0);
  }
}

const founders = [A, B, C].map((id) => member(id));

describe("the leader", () => {
  test("puts the founders into the list once, and nobody else does", async () => {
    const rig = new Rig(founders);
    expect(await rig.turn({ leader: nodeId(B) })).not.toContain("propose membersInit");
    rig.carryOut = () => new Promise(() => undefined);
    expect(await rig.turn({ leader: nodeId(A) })).toContain("propose membersInit");
    expect(await rig.turn()).toEqual([]);
  });

  test("proposes again what has failed, after a while", async () => {
    const rig = new Rig(founders);
    rig.carryOut = () => Promise.reject(new MemberError("timeout"));
    expect(await rig.turn()).toContain("propose membersInit");
    expect(await rig.turn()).toEqual([]);
    rig.clock.advance(ELECTION_MS);
    expect(await rig.turn()).toEqual(["propose membersInit"]);
  });

  test("makes the configuration follow the list, and asks again as long as it does not", async () => {
    const rig = new Rig(founders).list(...founders, member(D, { isLearner: true }));
    const change = `change to ${A} ${B} ${C} and ${D}`;
    expect(await rig.turn()).toContain(change);
    expect(await rig.turn()).toEqual([]);
    rig.clock.advance(ELECTION_MS / 10);
    expect(await rig.turn({ isSettled: false })).toEqual([]);
    expect(await rig.turn({ isSettled: true })).toEqual([change]);
    rig.clock.advance(ELECTION_MS / 10);
    expect(await rig.turn({ learners: [nodeId(D)] })).toEqual([]);
  });

  test("leaves that to the leader where it is none", async () => {
    const rig = new Rig(founders).list(...founders, member(D));
    expect((await rig.turn({ leader: nodeId(B) })).filter((done) => done.startsWith("change"))).toEqual([]);
  });
});

describe("the transport", () => {
  test("knows the founders before there is a list, and then the list", async () => {
    const rig = new Rig(founders);
    const known = [B, C].map((id) => `peer ${id} at http://${id}:1`);
    expect(await rig.turn({ leader: null })).toEqual(known);
    rig.list(...founders);
    rig.apply({ type: "memberUpdate", id: B, peerUrls: ["http://elsewhere:1"] });
    expect(await rig.turn()).toEqual([`peer ${B} at http://elsewhere:1`]);
  });

  test("speaks to one that was removed until the protocol has agreed on that", async () => {
    const rig = new Rig(founders).list(...founders);
    await rig.turn({ leader: nodeId(B) });
    rig.apply({ type: "memberRemove", id: C });
    expect(await rig.turn()).toEqual([]);
    expect(await rig.turn({ voters: [nodeId(A), nodeId(B)], isSettled: false })).toEqual([]);
    expect(await rig.turn({ isSettled: true })).toEqual([`no peer ${C}`]);
  });

  test("knows those that the log speaks of and the list does not yet, if they take part", async () => {
    const rig = new Rig([member(A), member(B)], [A, B, D]);
    rig.logged = new Map([
      [B, ["http://moved:1"]],
      [C, ["http://gone:1"]],
      [D, ["http://new:1"]],
    ]);
    expect(await rig.turn({ leader: null })).toEqual([`peer ${B} at http://moved:1`, `peer ${D} at http://new:1`]);
    // In between two memberships even those that were removed may count.
    expect(await rig.turn({ isSettled: false })).toEqual([`peer ${C} at http://gone:1`]);
  });
});

test("a member says where clients reach it once that is known", async () => {
  const rig = new Rig(founders).list(...founders);
  rig.clientUrls = null;
  expect(await rig.turn()).not.toContain("propose memberPublish");
  rig.clientUrls = [`http://${A}:4`];
  expect(await rig.turn()).toContain("propose memberPublish");
  expect(rig.store.members.find(({ id }) => id === A)?.clientUrls).toEqual([`http://${A}:4`]);
});

test("a turn in which nothing has changed costs one look at the list, and what changes is still noticed", async () => {
  const rig = new Rig(founders).list(...founders);
  await rig.turn();
  await rig.turn();
  rig.looks = 0;
  await rig.turn();
  expect(rig.looks).toBe(1);
  rig.apply({ type: "memberUpdate", id: B, peerUrls: ["http://moved:1"] });
  expect(await rig.turn()).toEqual([`peer ${B} at http://moved:1`]);
  expect(rig.looks).toBeGreaterThan(2);
});

describe("a member without a leader", () => {
  test("asks the others who is where, and has all addresses that it knows of until the list has those of the leader", async () => {
    const moved = member(C, { peerUrls: ["http://moved:1"] });
    const rig = new Rig(founders).list(...founders);
    await rig.turn({ leader: null });
    rig.askMembers = () => Promise.resolve([member(A), member(B), moved]);
    rig.clock.advance(3 * ELECTION_MS);
    await rig.turn();
    expect(await rig.turn()).toEqual([`peer ${C} at http://${C}:1 http://moved:1`]);
    // It hears the leader now, and has not heard yet of what the leader's log has.
    expect(await rig.turn({ leader: nodeId(C) })).toEqual([]);
    rig.apply({ type: "memberUpdate", id: C, peerUrls: moved.peerUrls });
    expect(await rig.turn()).toEqual([`peer ${C} at http://moved:1`]);
  });

  test("asks the others whom it does not know, and speaks to those until the list has them", async () => {
    const rig = new Rig(founders).list(...founders);
    await rig.turn({ leader: null });
    rig.clock.advance(3 * ELECTION_MS - 1);
    expect(await rig.turn()).toEqual([]);
    rig.askMembers = (of) => (of === B ? Promise.reject(new Error("down")) : Promise.resolve([...founders, member(D)]));
    rig.clock.advance(1);
    expect(await rig.turn()).toEqual([`ask ${B}`, `ask ${C}`]);
    expect(await rig.turn()).toEqual([`peer ${D} at http://${D}:1`]);
    // Its leader is not in the list, which is still that of long ago.
    expect(await rig.turn({ leader: nodeId(D) })).toEqual([]);
    rig.apply({ type: "memberAdd", member: member(D) });
    expect(await rig.turn()).toEqual([]);
    rig.apply({ type: "memberRemove", id: D });
    expect(await rig.turn()).toEqual([`no peer ${D}`]);
  });

  test("asks again as long as there is none, and not while there is one", async () => {
    const rig = new Rig(founders).list(...founders);
    await rig.turn({ leader: null });
    for (let times = 0; times < 2; times++) {
      rig.clock.advance(3 * ELECTION_MS);
      expect(await rig.turn()).toEqual([`ask ${B}`, `ask ${C}`]);
    }
    rig.clock.advance(3 * ELECTION_MS);
    expect(await rig.turn({ leader: nodeId(B) })).toEqual([]);
    expect(await rig.turn({ leader: null })).toEqual([]);
  });
});

describe("a member that is removed", () => {
  test("stops when the protocol has agreed, and not while it leads", async () => {
    const rig = new Rig(founders).list(...founders);
    await rig.turn();
    rig.apply({ type: "memberRemove", id: A });
    expect(await rig.turn()).toContain(`change to ${B} ${C} and `);
    await rig.turn({ voters: [nodeId(B), nodeId(C)] });
    expect(rig.failures).toEqual([]);
    await rig.turn({ leader: null });
    expect(rig.failures).toEqual([expect.any(RemovedError)]);
  });

  test("stops also if nobody tells it any more that they have agreed", async () => {
    const rig = new Rig(founders).list(...founders);
    await rig.turn({ leader: nodeId(B) });
    rig.apply({ type: "memberRemove", id: A });
    await rig.turn();
    rig.clock.advance(5 * ELECTION_MS);
    await rig.turn();
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    await rig.turn();
    expect(rig.failures).toEqual([expect.any(RemovedError)]);
  });

  test("is told so by another, and believes it when it has had no leader for long and has applied less", async () => {
    const rig = new Rig(founders).list(...founders);
    rig.applied = 7;
    await rig.turn({ leader: nodeId(B) });
    rig.clock.advance(100 * ELECTION_MS);
    rig.membership.onToldRemoved(C, 8);
    await rig.turn({ leader: null });
    rig.clock.advance(2 * ELECTION_MS - 1);
    rig.membership.onToldRemoved(C, 8);
    // Somebody who leads or follows meanwhile is no one that was removed.
    await rig.turn({ leader: nodeId(B) });
    await rig.turn({ leader: null });
    rig.clock.advance(2 * ELECTION_MS - 1);
    rig.membership.onToldRemoved(C, 8);
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    rig.membership.onToldRemoved(C, 8);
    expect(rig.failures.map(String)).toEqual([
      `RemovedError: Member ${A} has been removed from the cluster, says the member ${C}. To have it join again, delete ` +
        `its data directory and add it as a new member.`,
    ]);
  });

  test("is not told so by one that has applied no more than this one, in whose list it is", async () => {
    const rig = new Rig(founders).list(...founders);
    rig.applied = 7;
    await rig.turn({ leader: null });
    rig.clock.advance(100 * ELECTION_MS);
    await rig.turn();
    rig.membership.onToldRemoved(C, 7);
    expect(await rig.turn()).toContain("Another member says that this one was removed, which it was not.");
    expect(rig.failures).toEqual([]);
  });

  test("is not one that joins, and reads of the time before it was added", async () => {
    const rig = new Rig([], []).list(member(B), member(C));
    await rig.turn({ leader: nodeId(B), voters: [nodeId(B), nodeId(C)] });
    rig.clock.advance(100 * ELECTION_MS);
    await rig.turn();
    expect(rig.failures).toEqual([]);
  });
});

describe("an operator", () => {
  test("hears of a change when the configuration has followed", async () => {
    const rig = new Rig(founders).list(...founders);
    let outcome: unknown = null;
    void rig.membership.remove(C).then((result) => {
      outcome = result;
    });
    await rig.turn();
    rig.clock.advance(ELECTION_MS);
    await rig.turn();
    expect(outcome).toBeNull();
    await rig.turn({ voters: [nodeId(A), nodeId(B)] });
    expect(outcome).toMatchObject({ ok: true, member: null, members: [{ id: A }, { id: B }] });
  });

  test("is told if it does not follow in time, or the member stops", async () => {
    const rig = new Rig(founders).list(...founders);
    const late = expect(rig.membership.remove(C)).rejects.toMatchObject({ fault: "timeout" });
    await rig.turn();
    rig.clock.advance(1_000);
    await late;
    const stopped = expect(rig.membership.remove(B)).rejects.toMatchObject({ fault: "stopped" });
    await rig.turn();
    rig.membership.stop();
    await stopped;
  });

  test("is told what the store has against a change, and the configuration is not waited for", async () => {
    const rig = new Rig(founders).list(...founders);
    expect(await rig.membership.remove(D)).toEqual({ ok: false, error: "memberNotFound" });
    expect(await rig.membership.update(B, [`http://${C}:1`])).toEqual({ ok: false, error: "peerUrlExists" });
  });

  test("moves leadership to a voter, from the leader", async () => {
    const rig = new Rig(founders).list(...founders);
    await expect(rig.membership.moveLeader(D)).rejects.toMatchObject({ fault: "badTransferee" });
    await rig.membership.moveLeader(A);
    expect(rig.done).toEqual([]);
    const moved = rig.membership.moveLeader(B);
    expect(await rig.turn()).toContain(`transfer to ${B}`);
    await rig.turn({ leader: nodeId(B) });
    await moved;
    await expect(rig.membership.moveLeader(C)).rejects.toMatchObject({ fault: "notLeader" });
    await rig.turn({ leader: null });
    await expect(rig.membership.moveLeader(C)).rejects.toMatchObject({ fault: "noLeader" });
  });

  test("is told that leadership was not moved", async () => {
    const rig = new Rig(founders).list(...founders);
    const refused = expect(rig.membership.moveLeader(B)).rejects.toMatchObject({ fault: "leaderChanged" });
    rig.membership.onRefused("transferLeadership", "transferring");
    await refused;
  });
});

test("a leader that retires hands over to the one that has the most, and waits no longer than an election", async () => {
  const rig = new Rig(founders).list(...founders);
  const retired = rig.membership.retire();
  expect(await rig.turn()).toContain(`transfer to ${C}`);
  rig.clock.advance(ELECTION_MS);
  await retired;
  await rig.turn({ leader: nodeId(C) });
  await rig.membership.retire();
  expect(rig.done).toEqual([]);
});
