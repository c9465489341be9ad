import type { Acceptor, Quorum, Value, Vote } from "../voting/voting.ts";

/** The leader of ballot `bal` begins it. */
type Phase1a = { readonly type: "1a"; readonly bal: number };

/** `acc` promises to vote in no ballot below `bal`, and tells its last vote: in `mbal`, or -1, for `mval`. */
type Phase1b = {
  readonly type: "1b";
  readonly acc: Acceptor;
  readonly bal: number;
  readonly mbal: number;
  readonly mval: Value | null;
};

/** The leader of ballot `bal` asks for votes for `val`. */
type Phase2a = { readonly type: "2a"; readonly bal: number; readonly val: Value };

/** `acc` votes. */
type Phase2b = { readonly type: "2b" } & Vote;

/** Messages stay for ever, so that losing one is never receiving it, and receiving one twice is possible. */
export type Message = Phase1a | Phase1b | Phase2a | Phase2b;

export function promisesAmong(messages: readonly Message[]): readonly Phase1b[] {
  return messages.filter((m) => m.type === "1b");
}

export function proposalsAmong(messages: readonly Message[]): readonly Phase2a[] {
  return messages.filter((m) => m.type === "2a");
}

export function votesAmong(messages: readonly Message[]): readonly Phase2b[] {
  return messages.filter((m) => m.type === "2b");
}

/**
 * In how many ways `promises`, those of one ballot, allow its leader to propose `v`: some quorum has promised, and
 * either none of it had voted or the last of its votes was for `v`. TLC finds one way for each quorum that has not
 * voted, and one for each quorum and promise in it that tells such a last vote.
 */
export function waysToPropose(quorums: readonly Quorum[], promises: readonly Phase1b[], v: Value): number {
  return quorums.reduce((ways, quorum) => {
    const ofQuorum = promises.filter(({ acc }) => quorum.includes(acc));
    if (!quorum.every((a) => ofQuorum.some(({ acc }) => acc === a))) return ways;
    const voted = ofQuorum.filter(({ mbal }) => mbal >= 0);
    if (voted.length === 0) return ways + 1;
    const last = Math.max(...voted.map(({ mbal }) => mbal));
    return ways + voted.filter(({ mbal, mval }) => mbal === last && mval === v).length;
  }, 0);
}
