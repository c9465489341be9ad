/**
 * A running member: the replicated store with what clients, operators and other members ask of it. What the API asks is
 * `Backend`; what other members ask is `answer`.
 */

import { nodeId } from "@quorate/core";
import type { NodeId, Plain } from "@quorate/core";
import { PeerError } from "../peers/index.ts";
import type { ProtocolView } from "../protocols/index.ts";
import {
  alarmsOf,
  compactedOf,
  isRemoved,
  leaseGrantOf,
  leaseTtlOf,
  leasesOf,
  membersOf,
  revisionOf,
  sizeOf,
} from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type {
  ClientCommand,
  LeaseId,
  Member as StoreMember,
  MemberId,
  StoreCommand,
  StoreResult,
} from "../store/types.ts";
import { MemberError } from "./backend.ts";
import type { Backend, LeaseLife, MembershipResult, MemberStatus } from "./backend.ts";
import { AutoCompactor } from "./auto-compactor.ts";
import { forwardTo } from "./forwarding.ts";
import { LeaseCalls } from "./lease-calls.ts";
import { Lessor } from "./lessor.ts";
import { answers, readQuestion } from "./member-words.ts";
import type { ChangeAnswer, MembershipChange, Question } from "./member-words.ts";
import type { MemberOptions } from "./member-options.ts";
import { Membership } from "./membership.ts";
import { answering, faultOf } from "./reconfiguration.ts";
import type { Replication, ReplicationListener } from "./replication.ts";
import { snapshotFile } from "./snapshot-file.ts";
import { SpaceAlarm, takesSpace } from "./space.ts";

export class Member implements Backend {
  readonly clusterId: string;
  readonly memberId: MemberId;
  readonly #options: MemberOptions;
  readonly #self: NodeId;
  readonly #replication: Replication;
  readonly #lessor: Lessor;
  readonly #leases: LeaseCalls;
  readonly #membership: Membership;
  readonly #compactor: AutoCompactor | null;
  readonly #space: SpaceAlarm;
  readonly #appliedListeners = new Set<(store: StoreState) => void>();
  readonly #leaderListeners = new Set<(leader: MemberId | null) => void>();
  #leadership: { readonly leader: NodeId | null; readonly term: number } = { leader: null, term: 0 };

  constructor(options: MemberOptions) {
    this.#options = options;
    this.clusterId = options.identity.clusterId;
    this.memberId = options.identity.memberId;
    this.#self = nodeId(this.memberId);
    this.#lessor = new Lessor({
      clock: options.clock,
      propose: (command) => {
        this.#proposeAgain(command);
      },
      ttlOf: (id) => leaseTtlOf(this.store(), id),
      grantOf: (id) => leaseGrantOf(this.store(), id),
      leases: () => leasesOf(this.store()),
    });
    this.#leases = new LeaseCalls({
      ...options,
      self: this.memberId,
      lessor: this.#lessor,
      leader: () => this.leader,
      linearize: () => this.linearize(),
      retryMs: options.electionMs / 10,
      onSetback: (what, error) => {
        options.events.onSetback(what, error);
      },
    });
    this.#compactor =
      options.autoCompaction === null
        ? null
        : new AutoCompactor({
            mode: options.autoCompaction,
            clock: options.clock,
            revision: () => revisionOf(this.store()),
            compacted: () => compactedOf(this.store()),
            compact: (revision) => {
              if (this.#isLeader()) this.#proposeAgain({ type: "compact", revision });
            },
          });
    this.#space = new SpaceAlarm({
      memberId: this.memberId,
      store: () => this.store(),
      propose: (command) => this.#replication.propose(command),
    });
    this.#membership = new Membership({
      ...options,
      replication: () => this.#replication,
      propose: (command) => this.propose(command),
      askMembers: (of) => this.#askMembers(of),
      mayChange: (change) => this.#mayChange(change),
    });
    this.#replication = options.replicate(this.#listener(), (leader, commands) => {
      return forwardTo(options.peers, leader, commands, options.requestTimeoutMs);
    });
    this.#membership.onTurn(this.#replication.view);
    this.#replication.begin();
  }

  // --- what the API asks

  async propose(command: ClientCommand): Promise<StoreResult> {
    const { store } = this.#replication;
    if (takesSpace(command) && sizeOf(store) >= this.#options.quotaBytes) {
      const refused = await this.#space.refuse();
      // It may have been carried out when there still was space: then its session has the answer, and the store refuses it else.
      if (command.type !== "sessionRequest") return refused;
    }
    try {
      const { spans } = this.#options;
      const proposed = () => this.#replication.propose(command);
      const result = await (spans?.run("propose", { "quorate.command": command.type }, proposed) ?? proposed());
      this.#options.events.onProposal("ok", command);
      return result;
    } catch (error) {
      this.#options.events.onProposal("failed", command);
      throw error;
    }
  }

  linearize(): Promise<void> {
    const passed = this.#replication.linearize();
    // Who reads hears of it by the same promise.
    passed.catch(() => {
      this.#options.events.onReadFailed();
    });
    return passed;
  }

  store(): StoreState {
    return this.#replication.store;
  }

  onApplied(listener: (store: StoreState) => void): () => void {
    this.#appliedListeners.add(listener);
    return () => this.#appliedListeners.delete(listener);
  }

  get term(): number {
    return this.#replication.view.term;
  }

  get leader(): MemberId | null {
    return this.#replication.isHung ? null : this.#replication.view.leader;
  }

  onLeaderChange(listener: (leader: MemberId | null) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  keepLeaseAlive(id: LeaseId): Promise<LeaseLife | null> {
    return this.#leases.ask({ type: "renewLease", id });
  }

  leaseLife(id: LeaseId): Promise<LeaseLife | null> {
    return this.#leases.ask({ type: "leaseLife", id });
  }

  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<MembershipResult> {
    return this.#membership.add(peerUrls, isLearner);
  }

  removeMember(id: MemberId): Promise<MembershipResult> {
    return this.#membership.remove(id);
  }

  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<MembershipResult> {
    return this.#membership.update(id, peerUrls);
  }

  promoteMember(id: MemberId): Promise<MembershipResult> {
    return this.#membership.promote(id);
  }

  moveLeader(to: MemberId): Promise<void> {
    return this.#membership.moveLeader(to);
  }

  status(): MemberStatus {
    const { view, applied, store } = this.#replication;
    return {
      version: this.#options.version,
      dbSize: Math.max(this.#options.diskSize(), sizeOf(store)),
      dbSizeInUse: sizeOf(store),
      leader: this.leader,
      raftTerm: view.term,
      raftIndex: view.commitIndex,
      raftAppliedIndex: applied,
      isLearner: view.learners.includes(this.#self),
      errors: alarmsOf(store).map(
        ({ member, alarm }) => `memberID:${member} alarm:${alarm === "noSpace" ? "NOSPACE" : "CORRUPT"}`,
      ),
    };
  }

  snapshot(): { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } {
    return snapshotFile(this.store(), { clusterId: this.clusterId, index: this.#replication.applied });
  }

  // --- what other members ask

  /** A protocol's message. */
  receive(from: NodeId, message: Plain): void {
    if (!this.#replication.receive(from, message)) {
      this.#options.events.onStrange("A message that is none was dropped.", { from });
    }
  }

  /** How many entries are applied here, if by those `id` was removed from the cluster; null if it was not. */
  removedBy(id: MemberId): number | null {
    return isRemoved(this.store(), id) ? this.#replication.applied : null;
  }

  /** The member `by` says that this one was removed by the first `applied` entries. */
  onToldRemoved(by: MemberId, applied: number): void {
    this.#membership.onToldRemoved(by, applied);
  }

  /**
   * The answer to a question of another member, or of one that wants to join, which has no name yet.
   *
   * @throws MemberError, or Error where the question is none that may be asked
   */
  async answer(from: NodeId | null, asked: Plain): Promise<Plain> {
    const question = readQuestion(asked);
    if (question === null) throw new Error("This is no question of this version's.");
    if (question.type === "cluster") return this.#cluster();
    if (from === null) throw new Error(`Only a member of the cluster may ask for ${question.type}.`);
    switch (question.type) {
      case "propose": {
        const verdict = this.#replication.takeForwarded(question.commands);
        if (verdict === null) throw new Error("There is a command that is none of this version's.");
        return await verdict;
      }
      case "renewLease":
      case "leaseLife":
        return await this.#leases.answer(question);
      case "mayChange":
        return this.#judge(question.change);
    }
  }

  /** Hands leadership to the member that is the furthest, if this one leads. Resolves when it no longer does, or gives up. */
  async retire(): Promise<void> {
    await this.#membership.retire();
  }

  stop(): void {
    this.#lessor.stop();
    this.#compactor?.stop();
    this.#membership.stop();
    this.#replication.stop();
  }

  get pending(): number {
    return this.#replication.pending;
  }

  /** Whether the disk does not answer. */
  get isHung(): boolean {
    return this.#replication.isHung;
  }

  get view(): ProtocolView {
    return this.#replication.view;
  }

  // --- how it does that

  #listener(): ReplicationListener {
    const { events } = this.#options;
    return {
      ...events,
      onApplied: (index, command, isOk) => {
        events.onApplied(index, command);
        if (this.#isLeader()) this.#lessor.onApplied(command, this.term, isOk);
      },
      onCompacted: (before) => {
        if (this.#appliedListeners.size === 0) return;
        const store = before();
        if (store === null) return;
        for (const listener of this.#appliedListeners) listener(store);
      },
      onRefused: (request, reason) => {
        this.#membership.onRefused(request, reason);
      },
      onTurn: (view, hasNews) => {
        this.#noticeLeader(view);
        this.#membership.onTurn(view);
        if (!hasNews) return;
        for (const listener of this.#appliedListeners) listener(this.store());
      },
      onUnknown: (index) => {
        events.onStrange("An entry that is no command of this version's was passed over.", { index });
      },
      onHung: (isHung) => {
        events.onHung(isHung);
        for (const listener of this.#leaderListeners) listener(this.leader);
      },
      onFailure: (error) => {
        this.#options.onFailure(error);
      },
    };
  }

  #isLeader(): boolean {
    return this.#replication.view.leader === this.#self;
  }

  #noticeLeader({ leader, term }: ProtocolView): void {
    const before = this.#leadership;
    if (before.leader === leader && before.term === term) return;
    this.#leadership = { leader, term };
    if (leader === this.#self) this.#lessor.onElected(term);
    else this.#lessor.onDeposed();
    if (before.leader === leader) return;
    this.#options.events.onLeader(leader, term);
    for (const listener of this.#leaderListeners) listener(leader);
  }

  /** For commands of the member's own: where they fail, what asked for them will ask again. */
  #proposeAgain(command: StoreCommand): void {
    this.#replication.propose(command).catch((error: unknown) => {
      this.#options.events.onSetback(`The command ${command.type} of this member's own was not carried out.`, error);
    });
  }

  async #mayChange(change: MembershipChange): Promise<ChangeAnswer> {
    const { leader } = this;
    if (leader === null) throw new MemberError("noLeader");
    if (this.#isLeader()) return this.#judge(change);
    const question: Question = { type: "mayChange", change };
    try {
      return answers.change(await this.#options.peers.ask(nodeId(leader), question, this.#options.requestTimeoutMs));
    } catch (error) {
      if (error instanceof PeerError) throw new MemberError(error.code === "timeout" ? "timeout" : "leaderChanged");
      throw error;
    }
  }

  #judge(change: MembershipChange): ChangeAnswer {
    const followers = this.#replication.followers();
    if (followers === null) return { type: "notLeader" };
    if (!this.#options.strictReconfiguration && change.type !== "promote") return { type: "yes" };
    const connected = new Set(
      this.#options.peers.status().flatMap(({ peer, isConnected }) => (isConnected ? [peer] : [])),
    );
    const here = answering(followers, (node) => connected.has(node));
    const fault = faultOf(change, this.#self, this.#replication.view, here);
    return fault === null ? { type: "yes" } : { type: "no", fault };
  }

  async #askMembers(of: NodeId): Promise<readonly StoreMember[]> {
    const question: Question = { type: "cluster" };
    const told = answers.cluster(await this.#options.peers.ask(of, question, this.#options.requestTimeoutMs));
    return told.clusterId === this.clusterId ? told.members : [];
  }

  #cluster(): Plain {
    const members: readonly StoreMember[] = membersOf(this.store());
    return { clusterId: this.clusterId, protocol: this.#options.identity.protocol, members };
  }
}
