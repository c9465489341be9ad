/** A member for tests: the real store in one process, which applies what is proposed at once. */

import { MemberError } from "../../server/backend.ts";
import type { Backend, LeaseLife, MemberFault, MembershipResult, MemberStatus } from "../../server/backend.ts";
import { once } from "../../server/once.ts";
import type { OnceState } from "../../server/once.ts";
import { snapshotFile } from "../../server/snapshot-file.ts";
import { leaseGrantOf, leaseTtlOf, leasesOf, membersOf, sizeOf } from "../../store/index.ts";
import type { LeaseId, Member, MemberId, StoreState } from "../../store/index.ts";
import type { ClientCommand, StoreCommand, StoreResult } from "../../store/types.ts";

const CLUSTER_ID = "cdf818194e3a8c32";
const MEMBER_ID = "8e9e05c52164694d";

const EXPIRY_CHECK_MS = 50;

export class TestBackend implements Backend {
  readonly clusterId: string = CLUSTER_ID;
  memberId: MemberId = MEMBER_ID;
  term = 2;
  leader: MemberId | null = MEMBER_ID;
  /** Thrown by whatever needs the cluster's agreement, while it is not null. */
  fault: MemberFault | Error | null = null;
  /** While it is not null, proposals wait for it before they are applied. */
  gate: Promise<void> | null = null;
  /** How many wait there. */
  waiting = 0;
  /** How often the cluster was asked whether there is anything newer. */
  linearized = 0;
  #state: OnceState = once.initial;
  #index = 0;
  /** How many members have been added. */
  #added = 0;
  readonly #appliedListeners = new Set<(store: StoreState) => void>();
  readonly #leaderListeners = new Set<(leader: MemberId | null) => void>();
  /** When each lease ends. */
  readonly #ends = new Map<LeaseId, number>();
  readonly #timer = setInterval(() => this.#expire(), EXPIRY_CHECK_MS).unref();

  constructor() {
    const self = member(MEMBER_ID, "one", ["http://127.0.0.1:2380"], false);
    this.apply([
      { type: "membersInit", members: [{ ...self, clientUrls: ["http://127.0.0.1:2379"] }] },
      { type: "lessor", term: this.term },
    ]);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Applies the commands as one batch. */
  apply(commands: readonly ClientCommand[]): readonly StoreResult[] {
    const before = this.store();
    const results = commands.map((command) => {
      this.#index += 1;
      const { state, result: outcome } = once.apply(this.#state, command, this.#index);
      const { applied, result } = outcome;
      if (applied?.type === "compact" && result.ok) this.#tell();
      this.#state = state;
      if (result.ok && applied?.type === "leaseGrant") this.#ends.set(applied.id, now() + applied.ttl);
      return result;
    });
    if (this.store() !== before) this.#tell();
    return results;
  }

  lead(leader: MemberId | null): void {
    this.leader = leader;
    for (const listener of this.#leaderListeners) listener(leader);
  }

  /** How many still listen to what is applied. */
  get listeners(): number {
    return this.#appliedListeners.size + this.#leaderListeners.size;
  }

  async propose(command: ClientCommand): Promise<StoreResult> {
    this.#demandHealth();
    if (this.gate !== null) {
      this.waiting += 1;
      await this.gate;
      this.waiting -= 1;
    }
    const [result] = this.apply([command]);
    if (result === undefined) throw new Error("A command has a result.");
    return result;
  }

  async linearize(): Promise<void> {
    this.#demandHealth();
    this.linearized += 1;
    await Promise.resolve();
  }

  store(): StoreState {
    return this.#state.machine;
  }

  onApplied(listener: (store: StoreState) => void): () => void {
    this.#appliedListeners.add(listener);
    return () => this.#appliedListeners.delete(listener);
  }

  onLeaderChange(listener: (leader: MemberId | null) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  async keepLeaseAlive(id: LeaseId): Promise<LeaseLife | null> {
    await this.linearize();
    const ttl = leaseTtlOf(this.#state.machine, id);
    if (ttl === null) return null;
    this.#ends.set(id, now() + ttl);
    return { ttl, grantedTtl: ttl };
  }

  async leaseLife(id: LeaseId): Promise<LeaseLife | null> {
    await this.linearize();
    const ttl = leaseTtlOf(this.#state.machine, id);
    if (ttl === null) return null;
    return { ttl: Math.floor((this.#ends.get(id) ?? 0) - now()), grantedTtl: ttl };
  }

  /** The ids are given in turn, and begin with a zero: clients print such an id in more than one way. */
  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<MembershipResult> {
    const id = (0x0b5e_ed00_0000_0000n + BigInt(this.#added++)).toString(16).padStart(16, "0");
    return this.#changeMembers({ type: "memberAdd", member: member(id, "", peerUrls, isLearner) });
  }

  removeMember(id: MemberId): Promise<MembershipResult> {
    return this.#changeMembers({ type: "memberRemove", id });
  }

  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<MembershipResult> {
    return this.#changeMembers({ type: "memberUpdate", id, peerUrls });
  }

  promoteMember(id: MemberId): Promise<MembershipResult> {
    return this.#changeMembers({ type: "memberPromote", id });
  }

  async moveLeader(to: MemberId): Promise<void> {
    this.#demandHealth();
    if (!membersOf(this.#state.machine).some(({ id }) => id === to)) throw new MemberError("badTransferee");
    await Promise.resolve();
    this.lead(to);
  }

  status(): MemberStatus {
    return {
      version: "0.0.0",
      dbSize: 20_480,
      dbSizeInUse: sizeOf(this.#state.machine),
      leader: this.leader,
      raftTerm: this.term,
      raftIndex: this.#index,
      raftAppliedIndex: this.#index,
      isLearner: false,
      errors: [],
    };
  }

  snapshot(): { readonly size: number; readonly chunks: AsyncIterable<Uint8Array> } {
    return snapshotFile(this.#state.machine, { clusterId: this.clusterId, index: this.#index });
  }

  #tell(): void {
    for (const listener of this.#appliedListeners) listener(this.#state.machine);
  }

  #demandHealth(): void {
    if (this.fault instanceof Error) throw this.fault;
    if (this.fault !== null) throw new MemberError(this.fault);
  }

  async #changeMembers(
    command: Extract<StoreCommand, { readonly type: "memberAdd" | "memberRemove" | "memberUpdate" | "memberPromote" }>,
  ): Promise<MembershipResult> {
    const result = await this.propose(command);
    if (!result.ok) return { ok: false, error: result.error };
    return {
      ok: true,
      member: command.type === "memberAdd" ? command.member : null,
      members: membersOf(this.#state.machine),
    };
  }

  #expire(): void {
    for (const id of leasesOf(this.#state.machine)) {
      if ((this.#ends.get(id) ?? 0) >= now()) continue;
      const grant = leaseGrantOf(this.#state.machine, id) ?? 0;
      this.apply([{ type: "leaseExpire", id, term: this.term, grant }]);
    }
  }
}

/** In seconds. */
function now(): number {
  return performance.now() / 1000;
}

function member(id: MemberId, name: string, peerUrls: readonly string[], isLearner: boolean): Member {
  return { id, name, peerUrls, clientUrls: [], isLearner };
}
