import { functionOf, integer, model, setOf, spec } from "@quorate/checker";
import {
  acceptorsOf,
  ballotsUpTo,
  chosen,
  conflictsWith,
  decidedBallots,
  majoritiesOf,
  safeAt,
  valuesOf,
  waysToShowSafeAt,
} from "./voting.ts";
import type { Acceptor, Vote } from "./voting.ts";

export default spec({
  about: "Voting: how acceptors choose a value by numbered ballots, before one asks what messages they send.",
  parameters: {
    acceptors: integer("acceptors; any majority is a quorum", { min: 1, max: 5, default: 3 }),
    values: integer("values that can be voted for", { min: 1, max: 3, default: 2 }),
    maxBallot: integer("the highest ballot; the lowest is 0", { min: 1, max: 3, default: 2 }),
  },
  build: (parameters) => {
    const acceptors = acceptorsOf(parameters.acceptors);
    const values = valuesOf(parameters.values);
    const ballots = ballotsUpTo(parameters.maxBallot);
    const quorums = majoritiesOf(acceptors);
    return model(
      {
        // The source has a set of pairs for each acceptor.
        votes: setOf<Vote>(),
        maxBal: functionOf<Acceptor, number>(acceptors, -1),
      },
      {
        actions: (action) => ({
          increaseMaxBal: action({ a: acceptors, b: ballots }, (s, { a, b }) =>
            b > s.maxBal[a] ? { maxBal: { [a]: b } } : undefined,
          ),
          voteFor: action({ a: acceptors, b: ballots, v: values }, (s, { a, b, v }) => {
            const vote: Vote = { acc: a, bal: b, val: v };
            if (s.maxBal[a] > b) return undefined;
            const sameBallot = s.votes.filter(({ bal }) => bal === b);
            if (conflictsWith(sameBallot, vote)) return undefined;
            const earlier = s.votes.filter(({ bal }) => bal < b);
            const ways = quorums.reduce((sum, quorum) => sum + waysToShowSafeAt(quorum, earlier, s.maxBal, b, v), 0);
            return Array.from({ length: ways }, () => ({ votes: { add: [vote] }, maxBal: { [a]: b } }));
          }),
        }),
        always: {
          votesSafe: (s) => {
            const votes = [...s.votes];
            return votes.every(({ bal, val }) => safeAt(quorums, votes, s.maxBal, bal, val));
          },
          oneValuePerBallot: (s) =>
            ballots.every((b) => {
              const votes = s.votes.filter(({ bal }) => bal === b);
              return votes.every(({ val }) => val === votes[0]?.val);
            }),
          agreement: (s) => chosen(quorums, [...s.votes]).length <= 1,
        },
        step: {
          implementsConsensus: (before, after) => {
            const chosenBefore = chosen(quorums, [...before.votes]);
            const chosenAfter = chosen(quorums, [...after.votes]);
            if (chosenBefore.length === 0) return chosenAfter.length <= 1;
            return chosenAfter.length === chosenBefore.length && chosenAfter.every((v) => chosenBefore.includes(v));
          },
        },
        sometimes: {
          chosen: (s) => chosen(quorums, [...s.votes]).length === 1,
          // A quorum votes again for the value that is chosen already.
          chosenAgain: (s) => decidedBallots(quorums, [...s.votes]).length > 1,
        },
        // Acceptors are through with all ballots sooner or later.
        deadlock: "allowed",
      },
    );
  },
});
