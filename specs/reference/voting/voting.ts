/**
 * The concepts that the Voting algorithm is made of, for the model of it beside this file and for Paxos, which
 * implements it. They take votes that were read from a state before, and read ballot numbers from it one by one.
 */

const acceptorNames = ["a1", "a2", "a3", "a4", "a5"] as const;
const valueNames = ["v1", "v2", "v3"] as const;

/** A process that casts votes. */
export type Acceptor = (typeof acceptorNames)[number];
export type Value = (typeof valueNames)[number];

/** `acc` voted for `val` in ballot `bal`. */
export type Vote = { readonly acc: Acceptor; readonly bal: number; readonly val: Value };

/** For each acceptor the lowest ballot that it may still vote in, or -1 before it took part in any. */
type MaxBal = { readonly [a in Acceptor]: number };

export type Quorum = readonly Acceptor[];

/** The first `count` acceptors. */
export function acceptorsOf(count: number): readonly Acceptor[] {
  return acceptorNames.slice(0, count);
}

/** The first `count` values. */
export function valuesOf(count: number): readonly Value[] {
  return valueNames.slice(0, count);
}

/** The ballots from 0 to `maxBallot`. */
export function ballotsUpTo(maxBallot: number): readonly number[] {
  return Array.from({ length: maxBallot + 1 }, (_, ballot) => ballot);
}

/** The smallest majorities of `acceptors`, each of which TLC tries as a witness. */
export function majoritiesOf(acceptors: readonly Acceptor[]): readonly Quorum[] {
  const size = Math.floor(acceptors.length / 2) + 1;
  const subsets = acceptors.reduce<readonly Quorum[]>(
    (smaller, acceptor) => [...smaller, ...smaller.map((set) => [...set, acceptor])],
    [[]],
  );
  return subsets.filter((set) => set.length === size);
}

function votedFor(votes: readonly Vote[], a: Acceptor, b: number, v: Value): boolean {
  return votes.some(({ acc, bal, val }) => acc === a && bal === b && val === v);
}

function didNotVoteAt(votes: readonly Vote[], a: Acceptor, b: number): boolean {
  return !votes.some(({ acc, bal }) => acc === a && bal === b);
}

/** Some quorum has voted for `v` in ballot `b`, and so has chosen it. */
function chosenAt(quorums: readonly Quorum[], votes: readonly Vote[], b: number, v: Value): boolean {
  return quorums.some((quorum) => quorum.every((a) => votedFor(votes, a, b, v)));
}

/** The values that were chosen. */
export function chosen(quorums: readonly Quorum[], votes: readonly Vote[]): readonly Value[] {
  const decisive = votes.filter(({ bal, val }) => chosenAt(quorums, votes, bal, val));
  return [...new Set(decisive.map(({ val }) => val))];
}

/** The ballots in which a value was chosen. */
export function decidedBallots(quorums: readonly Quorum[], votes: readonly Vote[]): readonly number[] {
  const decisive = votes.filter(({ bal, val }) => chosenAt(quorums, votes, bal, val));
  return [...new Set(decisive.map(({ bal }) => bal))];
}

/** No value but `v` was or ever will be chosen in a ballot below `b`. */
export function safeAt(
  quorums: readonly Quorum[],
  votes: readonly Vote[],
  maxBal: MaxBal,
  b: number,
  v: Value,
): boolean {
  const cannotVoteAt = (a: Acceptor, c: number): boolean => maxBal[a] > c && didNotVoteAt(votes, a, c);
  const noneOtherChoosableAt = (c: number): boolean =>
    quorums.some((quorum) => quorum.every((a) => votedFor(votes, a, c, v) || cannotVoteAt(a, c)));
  return ballotsUpTo(b - 1).every(noneOtherChoosableAt);
}

/**
 * In how many ways the votes of `quorum` below ballot `b` show that `v` is safe there: nobody in it can vote below `b`
 * any more, and somebody in it voted for `v` in the last ballot that any of them voted in, if there is one. TLC finds
 * one way for each such voter, or a single one where nobody voted.
 */
export function waysToShowSafeAt(quorum: Quorum, votes: readonly Vote[], maxBal: MaxBal, b: number, v: Value): number {
  if (!quorum.every((a) => maxBal[a] >= b)) return 0;
  const noVotesAfter = (c: number): boolean =>
    !votes.some(({ acc, bal }) => quorum.includes(acc) && bal > c && bal < b);
  const voters = ballotsUpTo(b - 1)
    .filter(noVotesAfter)
    .flatMap((c) => quorum.filter((a) => votedFor(votes, a, c, v)));
  return (noVotesAfter(-1) ? 1 : 0) + voters.length;
}

/** Whether the votes of some quorum show that `v` is safe at ballot `b`. */
export function showsSafeAt(
  quorums: readonly Quorum[],
  votes: readonly Vote[],
  maxBal: MaxBal,
  b: number,
  v: Value,
): boolean {
  return quorums.some((quorum) => waysToShowSafeAt(quorum, votes, maxBal, b, v) > 0);
}

/** Whether `votes` rule `vote` out: its acceptor votes once in a ballot, and a ballot is for one value. */
export function conflictsWith(votes: readonly Vote[], { acc, bal, val }: Vote): boolean {
  return votes.some((other) => other.bal === bal && (other.acc === acc || other.val !== val));
}

/** What Voting knows of a state. */
type VotingState = { readonly votes: readonly Vote[]; readonly maxBal: MaxBal };

/** Whether the step is Voting's IncreaseMaxBal or changes no `maxBal`, as far as `maxBal` is concerned. */
export function increasesMaxBal(acceptors: readonly Acceptor[], before: MaxBal, after: MaxBal): boolean {
  const changed = acceptors.filter((a) => after[a] !== before[a]);
  return changed.length <= 1 && changed.every((a) => after[a] > before[a]);
}

/** Whether the step is Voting's VoteFor or changes no votes. */
export function castsAllowedVote(
  acceptors: readonly Acceptor[],
  quorums: readonly Quorum[],
  before: VotingState,
  after: VotingState,
): boolean {
  const isIn = (votes: readonly Vote[], { acc, bal, val }: Vote): boolean => votedFor(votes, acc, bal, val);
  if (!before.votes.every((vote) => isIn(after.votes, vote))) return false;
  const [vote, ...others] = after.votes.filter((cast) => !isIn(before.votes, cast));
  if (vote === undefined) return true;
  if (others.length > 0) return false;
  if (!acceptors.every((a) => after.maxBal[a] === (a === vote.acc ? vote.bal : before.maxBal[a]))) return false;
  if (before.maxBal[vote.acc] > vote.bal || conflictsWith(before.votes, vote)) return false;
  return showsSafeAt(quorums, before.votes, before.maxBal, vote.bal, vote.val);
}
