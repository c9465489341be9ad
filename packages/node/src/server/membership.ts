/**
 * The members: how operators change them, how the protocol's configuration and the transport follow, and how leadership is
 * handed over.
 */

import { nodeId } from "@quorate/core";
import type { NodeId, Plain } from "@quorate/core";
import { memberIdOf } from "../config/ids.ts";
import type { Peers } from "../peers/index.ts";
import type { ProtocolView } from "../protocols/index.ts";
import type { Clock } from "../shell/clock.ts";
import { membersOf } from "../store/index.ts";
import type { Member, MemberId, StoreCommand, StoreResult } from "../store/types.ts";
import { MemberError } from "./backend.ts";
import type { MembershipResult } from "./backend.ts";
import type { Identity } from "./identity.ts";
import { RemovedError } from "./removed.ts";
import type { ChangeAnswer, MembershipChange } from "./member-words.ts";
import { isInStep, membershipOf } from "./reconfiguration.ts";
import type { Replication } from "./replication.ts";

export type MembershipOptions = {
  readonly identity: Identity;
  readonly name: string;
  /** Null as long as it is not known where this member listens for clients. */
  readonly clientUrls: () => readonly string[] | null;
  readonly token: string;
  readonly peers: Pick<Peers, "setPeer" | "removePeer">;
  readonly replication: () => Replication;
  readonly propose: (command: StoreCommand) => Promise<StoreResult>;
  /** The members as another one knows them. */
  readonly askMembers: (of: NodeId) => Promise<readonly Member[]>;
  readonly mayChange: (change: MembershipChange) => Promise<ChangeAnswer>;
  readonly requestTimeoutMs: number;
  readonly electionMs: number;
  readonly clock: Clock;
  readonly events: {
    onStrange(what: string, details: { readonly [name: string]: Plain }): void;
    onSetback(what: string, error: unknown): void;
  };
  readonly onFailure: (error: unknown) => void;
};

/** Somebody who waits for something to come true, or for leadership not to be handed over after all. */
type Waiter = {
  readonly isDone: (view: ProtocolView) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: MemberError) => void;
  readonly cancel: () => void;
  readonly isTransfer: boolean;
};

/** After so many times an election without a leader the others are asked who is a member, and again after as many more. */
const LEADERLESS_ELECTIONS = 3;

/** One that has had no leader for so many times an election believes others that it was removed. */
const ALONE_ELECTIONS = 2;

export class Membership {
  readonly #options: MembershipOptions;
  readonly #self: MemberId;
  readonly #waiters = new Set<Waiter>();
  /** The addresses that the transport has. */
  #peers = new Map<MemberId, string>();
  /** The own commands that are on their way, and when to ask for the configuration again. */
  readonly #underWay = new Set<StoreCommand["type"]>();
  #notBefore = 0;
  /** The members that others have told of: the list may not have them yet, or other addresses of theirs. */
  readonly #heard = new Map<MemberId, readonly string[]>();
  /** What was seen in the latest turn, if that had nothing to do. */
  #atRest: readonly unknown[] | null = null;
  #leaderlessSince: number | null = null;
  /** Since when there is no leader. */
  #aloneSince: number | null = null;
  #wasListed = false;
  #removedAt: number | null = null;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#self = options.identity.memberId;
  }

  async add(peerUrls: readonly string[], isLearner: boolean): Promise<MembershipResult> {
    if (!isLearner) await this.#demand({ type: "addVoter" });
    const id = memberIdOf(peerUrls, this.#options.token, Date.now() / 1000);
    const member: Member = { id, name: "", peerUrls, clientUrls: [], isLearner };
    return await this.#change({ type: "memberAdd", member }, id);
  }

  async remove(id: MemberId): Promise<MembershipResult> {
    if ((await this.#latest()).some((member) => member.id === id)) await this.#demand({ type: "remove", id });
    return await this.#change({ type: "memberRemove", id }, null);
  }

  update(id: MemberId, peerUrls: readonly string[]): Promise<MembershipResult> {
    return this.#change({ type: "memberUpdate", id, peerUrls }, id);
  }

  async promote(id: MemberId): Promise<MembershipResult> {
    if ((await this.#latest()).some((member) => member.id === id && member.isLearner)) {
      await this.#demand({ type: "promote", id });
    }
    return await this.#change({ type: "memberPromote", id }, id);
  }

  async moveLeader(to: MemberId): Promise<void> {
    const { view } = this.#options.replication();
    if (view.leader !== this.#self) throw new MemberError(view.leader === null ? "noLeader" : "notLeader");
    if (to === this.#self) return;
    if (!view.voters.includes(nodeId(to))) throw new MemberError("badTransferee");
    if (!this.#options.replication().transferLeadership(nodeId(to))) throw new MemberError("badTransferee");
    await this.#until(({ leader }) => leader === to, true);
  }

  /** Hands leadership to the follower that has the most, if there is one that answers. */
  async retire(): Promise<void> {
    const replication = this.#options.replication();
    const { view } = replication;
    if (view.leader !== this.#self) return;
    const voters = (replication.followers() ?? []).filter(
      ({ node, isActive }) => isActive && view.voters.includes(node),
    );
    const next = voters.reduce<(typeof voters)[number] | null>(
      (a, b) => (a === null || b.match > a.match ? b : a),
      null,
    );
    if (next === null || !replication.transferLeadership(next.node)) return;
    try {
      await this.#until(({ leader }) => leader !== this.#self && leader !== null, true, this.#options.electionMs);
    } catch (error) {
      this.#options.events.onSetback("Leadership was not handed over before stopping; the others will elect.", error);
    }
  }

  onRefused(request: string, reason: string): void {
    if (request === "changeMembership") {
      this.#notBefore = this.#options.clock.now() + this.#options.electionMs / 10;
      return;
    }
    if (request !== "transferLeadership" || reason === "targetIsLeader") return;
    const fault = reason === "targetNotVoter" ? "badTransferee" : "leaderChanged";
    for (const waiter of this.#waiters) {
      if (waiter.isTransfer) this.#finish(waiter, new MemberError(fault));
    }
  }

  onTurn(view: ProtocolView): void {
    for (const waiter of this.#waiters) {
      if (waiter.isDone(view)) this.#finish(waiter, null);
    }
    this.#aloneSince = view.leader === null ? (this.#aloneSince ?? this.#options.clock.now()) : null;
    const seen = this.#seen(view);
    if (this.#atRest?.every((of, at) => of === seen[at]) ?? false) return;
    this.#atRest = null;
    this.#askForMembers(view);
    this.#keepPeers(view);
    this.#keepMembers(view);
    this.#noticeRemoval(view);
    if (this.#isDone(view)) this.#atRest = seen;
  }

  /** All that the turn's work depends on, but for time, and for what others have told of members. */
  #seen(view: ProtocolView): readonly unknown[] {
    const { loggedAddresses } = this.#options.replication();
    const { leader, voters, learners, isSettled } = view;
    const clientUrls = this.#options.clientUrls()?.join(" ");
    return [leader, voters, learners, isSettled, this.#members(), loggedAddresses, clientUrls];
  }

  /** Whether there is nothing that this member waits for, or would ask for again: until something changes, turns are idle. */
  #isDone(view: ProtocolView): boolean {
    const members = this.#members();
    const isPublished = this.#underWay.size === 0 && members.some(({ id }) => id === this.#self);
    return isPublished && view.leader !== null && this.#heard.size === 0 && isInStep(view, members);
  }

  /**
   * The member `by` says that this one was removed by the first `applied` entries of the order: it was away then, and nobody
   * sends it the log any more. That is true of nobody who has a leader, nor of one who has applied as much and is still a
   * member; those go on. An id that was removed never comes back, so what is true once stays so.
   */
  onToldRemoved(by: MemberId, applied: number): void {
    const replication = this.#options.replication();
    const details = { by, applied, ownApplied: replication.applied };
    if (applied <= replication.applied) {
      this.#options.events.onStrange("Another member says that this one was removed, which it was not.", details);
      return;
    }
    const alone = this.#aloneSince === null ? 0 : this.#options.clock.now() - this.#aloneSince;
    if (alone < ALONE_ELECTIONS * this.#options.electionMs) return;
    this.#options.onFailure(new RemovedError(this.#self, by));
  }

  stop(): void {
    for (const waiter of this.#waiters) this.#finish(waiter, new MemberError("stopped"));
  }

  #members(): readonly Member[] {
    return membersOf(this.#options.replication().store);
  }

  /** The list as it is, and not as this member may still remember it. */
  async #latest(): Promise<readonly Member[]> {
    await this.#options.replication().linearize();
    return this.#members();
  }

  async #demand(change: MembershipChange): Promise<void> {
    const answer = await this.#options.mayChange(change);
    if (answer.type === "notLeader") throw new MemberError("leaderChanged");
    if (answer.type === "no") throw new MemberError(answer.fault);
  }

  /** Changes the list, and waits until the protocol's configuration has followed. */
  async #change(command: StoreCommand, id: MemberId | null): Promise<MembershipResult> {
    const result = await this.#options.propose(command);
    if (!result.ok) return { ok: false, error: result.error };
    await this.#until((view) => isInStep(view, this.#members()), false);
    const members = this.#members();
    return { ok: true, member: members.find((member) => member.id === id) ?? null, members };
  }

  #until(
    isDone: (view: ProtocolView) => boolean,
    isTransfer: boolean,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (isDone(this.#options.replication().view)) {
        resolve();
        return;
      }
      const { clock } = this.#options;
      const cancel = clock.alarm(clock.now() + timeoutMs, () => {
        this.#finish(waiter, new MemberError("timeout"));
      });
      const waiter: Waiter = { isDone, resolve, reject, cancel, isTransfer };
      this.#waiters.add(waiter);
    });
  }

  #finish(waiter: Waiter, error: MemberError | null): void {
    this.#waiters.delete(waiter);
    waiter.cancel();
    if (error === null) waiter.resolve();
    else waiter.reject(error);
  }

  /** The transport knows all members, and those who are no longer in the list while the protocol still speaks to them. */
  #keepPeers(view: ProtocolView): void {
    const present = this.#addresses(view);
    for (const [id, peerUrls] of present) {
      const urls = peerUrls.join(" ");
      if (id === this.#self || this.#peers.get(id) === urls) continue;
      this.#peers.set(id, urls);
      this.#options.peers.setPeer(nodeId(id), peerUrls);
    }
    for (const id of this.#peers.keys()) {
      if (present.has(id) || takesPart(id, view)) continue;
      if (!view.isSettled) continue;
      this.#peers.delete(id);
      this.#options.peers.removePeer(nodeId(id));
    }
  }

  /** Of the members in the list, and of those that the log speaks of and the list does not yet. */
  #addresses(view: ProtocolView): ReadonlyMap<MemberId, readonly string[]> {
    const listed = this.#members();
    const members = listed.length === 0 ? this.#options.identity.members : listed;
    const addresses = new Map(members.map(({ id, peerUrls }) => [id, peerUrls] as [MemberId, readonly string[]]));
    for (const [id, peerUrls] of this.#options.replication().loggedAddresses) {
      if (addresses.has(id) || !view.isSettled || takesPart(id, view)) addresses.set(id, peerUrls);
    }
    // Which of the two are newer nobody can tell: all are tried in turn, and a certificate for any of them will do.
    for (const [id, peerUrls] of this.#heard) {
      addresses.set(id, [...new Set([...(addresses.get(id) ?? []), ...peerUrls])]);
    }
    return addresses;
  }

  /**
   * One that knows no leader for long may have missed that a member was added, or is elsewhere now, and leads: it would turn
   * that one away for ever. The others that it knows can tell. What they have told of holds until there is a leader that the
   * list has, with the addresses that they know.
   */
  #askForMembers({ leader }: ProtocolView): void {
    const now = this.#options.clock.now();
    if (leader !== null) {
      this.#leaderlessSince = null;
      const heard = this.#heard.get(leader) ?? [];
      const listed = this.#members().find(({ id }) => id === leader);
      if (listed !== undefined && heard.every((url) => listed.peerUrls.includes(url))) this.#heard.clear();
      return;
    }
    this.#leaderlessSince ??= now;
    if (now - this.#leaderlessSince < LEADERLESS_ELECTIONS * this.#options.electionMs) return;
    this.#leaderlessSince = now;
    for (const peer of this.#peers.keys()) {
      this.#options.askMembers(nodeId(peer)).then(
        (members) => {
          this.#atRest = null;
          for (const { id, peerUrls } of members) if (id !== this.#self) this.#heard.set(id, peerUrls);
        },
        () => {
          // Most of those that don't answer are down, and the transport has said so. Another may answer.
        },
      );
    }
  }

  #keepMembers(view: ProtocolView): void {
    if (view.leader === null) return;
    const members = this.#members();
    const { identity, name } = this.#options;
    if (view.leader === this.#self) {
      if (members.length === 0) {
        if (identity.members.length > 0) this.#keepUp({ type: "membersInit", members: identity.members });
      } else if (view.isSettled && !isInStep(view, members)) {
        this.#follow(members);
      }
    }
    const own = members.find(({ id }) => id === this.#self);
    const clientUrls = this.#options.clientUrls();
    if (own === undefined || clientUrls === null) return;
    if (own.name === name && own.clientUrls.join(" ") === clientUrls.join(" ")) return;
    this.#keepUp({ type: "memberPublish", id: this.#self, name, clientUrls });
  }

  #follow(members: readonly Member[]): void {
    const now = this.#options.clock.now();
    if (now < this.#notBefore) return;
    this.#notBefore = now + this.#options.electionMs / 10;
    const { voters, learners } = membershipOf(members);
    this.#options.replication().changeMembership(voters, learners);
  }

  /** Proposes a command of this member's own, once at a time. A turn after it has failed asks for it again. */
  #keepUp(command: StoreCommand): void {
    if (this.#underWay.has(command.type)) return;
    this.#underWay.add(command.type);
    const { clock, electionMs, events } = this.#options;
    this.#options.propose(command).then(
      () => {
        this.#underWay.delete(command.type);
      },
      (error: unknown) => {
        events.onSetback(
          `The command ${command.type} of this member's own was not carried out, and will be proposed again.`,
          error,
        );
        clock.alarm(clock.now() + electionMs, () => this.#underWay.delete(command.type));
      },
    );
  }

  /** One that joins reads of the time before it was added: only who was in the list can be removed from it. */
  #noticeRemoval(view: ProtocolView): void {
    if (this.#members().some(({ id }) => id === this.#self)) this.#wasListed = true;
    else if (this.#wasListed) this.#leaveWhenAgreed(view);
  }

  /** One that is removed stops once the protocol has agreed, or when it no longer hears of that. */
  #leaveWhenAgreed(view: ProtocolView): void {
    const now = this.#options.clock.now();
    this.#removedAt ??= now;
    const isOver = !takesPart(this.#self, view) && view.isSettled;
    if (view.leader === this.#self) return;
    if (isOver || now - this.#removedAt > 5 * this.#options.electionMs) {
      this.#options.onFailure(new RemovedError(this.#self));
    }
  }
}

function takesPart(id: MemberId, { voters, learners }: ProtocolView): boolean {
  return voters.includes(nodeId(id)) || learners.includes(nodeId(id));
}
