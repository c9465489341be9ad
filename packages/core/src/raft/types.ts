import type { Log } from "../log/index.ts";
import type { Plain } from "../plain.ts";
import type { Effect, Input, NodeId, Signature, State, Step } from "../protocol.ts";
import type { Broadcast, Compact, Deliver, Read, Readable, Refused, Restore } from "../total-order/index.ts";
import type { RaftMessage } from "./messages.ts";

/** A term of the paper, section 5.1: a positive integer, or 0 before the first. */
export type Term = number;

/** The index of an entry in the log: the first entry has 1. */
export type Index = number;

/**
 * Who takes part: lists of names without repetition, in the order of their code units. While `outgoing` has members the
 * configuration is joint: dissertation, section 4.3, C_old,new, with C_new in `voters` and C_old in `outgoing`.
 */
export type RaftConfiguration = {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  /** Those that receive entries and have no vote: dissertation, section 4.2.1. */
  readonly learners: readonly NodeId[];
  /** Those of `outgoing` that become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
};

/** An entry of the log. The no-op is what a leader begins its term with: dissertation, section 6.4. */
export type RaftEntry =
  | { readonly type: "noop"; readonly term: Term }
  | { readonly type: "command"; readonly term: Term; readonly command: Plain }
  | { readonly type: "configuration"; readonly term: Term; readonly configuration: RaftConfiguration };

/** What stands for the log up to `index`: the paper, section 7. Raft never looks into the chunks. */
export type RaftSnapshot = {
  readonly index: Index;
  readonly term: Term;
  /** The latest one up to `index`. Null if it still is the first one, which no entry says. */
  readonly configuration: RaftConfiguration | null;
  /** The state machine's snapshot, in pieces that fit into one message each: at least one. */
  readonly chunks: readonly Plain[];
};

/** "Persistent state on all servers" of Figure 2. The log begins after the snapshot. */
export type RaftDurable = {
  readonly term: Term;
  readonly votedFor: NodeId | null;
  readonly log: Log<RaftEntry>;
  readonly snapshot: RaftSnapshot | null;
};

/** A configuration of the log, with the index of its entry. */
export type ConfigurationAt = { readonly index: Index; readonly configuration: RaftConfiguration };

/** A snapshot on its way from the leader: what has arrived of it. */
export type IncomingSnapshot = { readonly index: Index; readonly term: Term; readonly chunks: readonly Plain[] };

/**
 * What the leader knows of one follower or learner; "volatile state on leaders" of Figure 2, and how it is spoken to.
 *
 * - probe: the leader looks for where the logs agree, one message at a time. `isPaused` while an answer is due.
 * - replicate: the logs agree up to `match`; entries are sent ahead of the answers. `inflight` has the index of the last
 *   entry of each message that is not answered.
 * - snapshot: the follower lacks entries that the leader's log has forgotten. `chunk` is the one that it wants next.
 */
export type Progress = ProgressBase &
  (
    | { readonly type: "probe"; readonly next: Index; readonly isPaused: boolean }
    | { readonly type: "replicate"; readonly next: Index; readonly inflight: readonly Index[] }
    | { readonly type: "snapshot"; readonly index: Index; readonly chunk: number }
  );

type ProgressBase = {
  readonly node: NodeId;
  /** The highest index known to be on the follower's disk as it is in the leader's log. */
  readonly match: Index;
  /** The latest round that it has acknowledged in this term, see `Leader`. */
  readonly round: number;
  /** Whether it has answered since the leader last checked its quorum. Always true where the leader does not check. */
  readonly isActive: boolean;
};

/** A read that waits for its index: `from` is the node that was asked. */
export type WaitingRead = { readonly from: NodeId; readonly id: Plain };

/** Reads for which the leader makes sure that it still leads: dissertation, section 6.4. */
export type LeaderReads = {
  /** Those that the next round will confirm. */
  readonly waiting: readonly WaitingRead[];
  /** Those that the acknowledgement of `round` confirms, all at one read index. Null if there are none. */
  readonly confirming: { readonly round: number; readonly index: Index; readonly reads: readonly WaitingRead[] } | null;
};

/**
 * The leader's lease: dissertation, section 6.4.1. Times are numbers of ticks.
 *
 * `left` is how long the lease still lasts, `measuring` the round that is to renew it, with the ticks since it was sent.
 */
export type Lease = {
  readonly left: number;
  readonly measuring: { readonly round: number; readonly age: number } | null;
};

export type Follower = {
  readonly type: "follower";
  /** The leader of this term, once it has been heard from, until the election timer gives it up. */
  readonly leader: NodeId | null;
  readonly incoming: IncomingSnapshot | null;
};
/** A node that asks whether it would be elected: dissertation, section 9.6. */
export type PreCandidate = { readonly type: "preCandidate"; readonly granted: readonly NodeId[] };
export type Candidate = { readonly type: "candidate"; readonly granted: readonly NodeId[] };
export type Leader = {
  readonly type: "leader";
  /** The leader's own match index: how much of its log its own disk holds. */
  readonly persisted: Index;
  /** One for each other member of the configuration, in the order of their names. */
  readonly progress: readonly Progress[];
  /** Counts the rounds of heartbeats whose acknowledgements reads and leases rest on. */
  readonly round: number;
  readonly reads: LeaderReads;
  /** Null if there are no leases, or no more of them in this term. */
  readonly lease: Lease | null;
  /** The ticks since the leader last checked its quorum. */
  readonly ticks: number;
  /** To whom leadership is being transferred. */
  readonly transfer: NodeId | null;
};
export type RaftRole = Follower | PreCandidate | Candidate | Leader;

/** "Volatile state on all servers" of Figure 2. Everything up to `commitIndex` has been delivered. */
export type RaftVolatile = {
  readonly commitIndex: Index;
  /** The configurations in the log, the newest last. They follow from the log, and spare every step the search. */
  readonly configurations: readonly ConfigurationAt[];
  readonly role: RaftRole;
  /** Reads whose index is known and not yet delivered here, in the order of their arrival. */
  readonly reads: readonly { readonly id: Plain; readonly index: Index }[];
  /** The ticks since a leader was heard from, up to the length of an election. Always 0 where nobody counts. */
  readonly quietTicks: number;
};

/** Ask that the cluster have these voters and learners: dissertation, chapter 4. Lists in any order. */
export type ChangeMembership = {
  readonly type: "changeMembership";
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
};
/** Ask that the node `to` become the leader: dissertation, section 3.10. */
export type TransferLeadership = { readonly type: "transferLeadership"; readonly to: NodeId };

export type RaftRequest = Broadcast | Read | Compact | ChangeMembership | TransferLeadership;

/**
 * Why a request was refused.
 *
 * - notLeader: ask the leader, if one is named
 * - leadershipLost: of a read, that its leader stepped down before it was confirmed
 * - transferring: leadership is being handed over; ask again
 * - tooManyUncommitted: the limit of entries that are not committed is reached; ask again
 * - termNotCommitted: the leader has not committed an entry of its own term yet; ask again
 * - changeUnderWay: another change of the membership is under way; ask again
 * - invalidMembership: no voters, a name twice, or in both lists
 * - sameMembership: that is what the membership is
 * - learnerBehind: a learner that would become a voter lacks committed entries, or does not answer
 * - targetNotVoter: leadership can only be transferred to a voter
 * - targetIsLeader: the node leads already
 * - notDelivered: what has not been delivered can't be compacted
 * - alreadyCompacted: the log begins after that index
 * - emptySnapshot: a snapshot has at least one chunk
 */
export type RaftRefusalReason =
  | "notLeader"
  | "leadershipLost"
  | "transferring"
  | "tooManyUncommitted"
  | "termNotCommitted"
  | "changeUnderWay"
  | "invalidMembership"
  | "sameMembership"
  | "learnerBehind"
  | "targetNotVoter"
  | "targetIsLeader"
  | "notDelivered"
  | "alreadyCompacted"
  | "emptySnapshot";

/** `request` was not carried out, and will not be. */
export type RaftRefused = Refused<RaftRequest> & { readonly reason: RaftRefusalReason };

export type RaftOutput = Deliver | Restore | Readable | RaftRefused;

/**
 * The timers.
 *
 * - election: runs unless the node leads. Its length is random, so that candidates seldom meet: section 5.2.
 * - heartbeat: runs while the node leads, and is much shorter.
 * - transfer: runs while leadership is being transferred, and is about as long as an election.
 * - tick: runs always where `checkQuorum` is configured, with one length for all nodes.
 */
export type RaftTimer = "election" | "heartbeat" | "transfer" | "tick";

/** How a node behaves. Made by `raftConfig`, which says what the fields mean. */
export type RaftConfig = {
  readonly self: NodeId;
  readonly cluster: string;
  readonly bootstrap: RaftConfiguration;
  readonly preVote: boolean;
  readonly checkQuorum: { readonly electionTicks: number } | null;
  readonly reads: { readonly type: "index" } | { readonly type: "lease"; readonly leaseTicks: number };
  readonly entriesPerMessageMax: number;
  readonly inflightMax: number;
  readonly uncommittedMax: number;
};

/** Raft. Ongaro, "Consensus: Bridging Theory and Practice" (2014). */
export interface Raft extends Signature {
  readonly config: RaftConfig;
  readonly durable: RaftDurable;
  readonly volatile: RaftVolatile;
  readonly message: RaftMessage;
  readonly timer: RaftTimer;
  readonly request: RaftRequest;
  readonly output: RaftOutput;
}

export type RaftState = State<Raft>;
export type RaftStep = Step<Raft>;
export type RaftInput = Input<Raft>;
export type RaftEffect = Effect<Raft>;
