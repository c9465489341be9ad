/** What a member is made of, and whom it tells what. */

import type { NodeId, Plain } from "@quorate/core";
import type { AutoCompaction } from "../config/options.ts";
import type { Peers } from "../peers/index.ts";
import type { Clock } from "../shell/clock.ts";
import type { MemberId, StoreCommand, ClientCommand } from "../store/types.ts";
import type { Spans } from "../telemetry/spans.ts";
import type { Identity } from "./identity.ts";
import type { ForwardVerdict } from "./proposals.ts";
import type { AddressedCommand, Replication, ReplicationListener } from "./replication.ts";

/** What is told to whoever counts and logs. */
export type MemberEvents = {
  onLeader(leader: MemberId | null, term: number): void;
  onApplied(index: number, command: StoreCommand): void;
  onProposal(outcome: "ok" | "failed", command: ClientCommand): void;
  /** A command has taken long to apply. */
  onSlowApply(command: ClientCommand, ms: number): void;
  /** A linearizable read has come to nothing. */
  onReadFailed(): void;
  onFlush(ms: number): void;
  onPause(ms: number): void;
  onHung(isHung: boolean): void;
  /** Something that can't come from a member that is right, or is of another version. */
  onStrange(what: string, details: { readonly [name: string]: Plain }): void;
  /** Something that is tried again by itself went wrong. */
  onSetback(what: string, error: unknown): void;
};

export type MemberOptions = {
  readonly identity: Identity;
  /** What the member is to be known as. */
  readonly name: string;
  /** Null as long as it is not known where it listens for clients. */
  readonly clientUrls: () => readonly string[] | null;
  readonly token: string;
  readonly version: string;
  readonly peers: Pick<Peers, "ask" | "setPeer" | "removePeer" | "status">;
  readonly replicate: (
    listener: ReplicationListener,
    forward: (
      leader: NodeId,
      commands: readonly AddressedCommand[],
    ) => Promise<ForwardVerdict | { readonly type: "unsent" }>,
  ) => Replication;
  readonly requestTimeoutMs: number;
  readonly electionMs: number;
  /** Bytes of data from which on the store takes no more. */
  readonly quotaBytes: number;
  /** Refuse changes that would leave the cluster without a quorum. */
  readonly strictReconfiguration: boolean;
  /** Which history to give up without being asked. Null for none. */
  readonly autoCompaction: AutoCompaction | null;
  /** Bytes on disk. */
  readonly diskSize: () => number;
  readonly clock: Clock;
  readonly events: MemberEvents;
  readonly spans: Spans | null;
  /** The member can't go on, for the reason given: an error, or that it was removed from the cluster. */
  readonly onFailure: (error: unknown) => void;
};
