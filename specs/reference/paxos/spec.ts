import { functionOf, integer, model, setOf, spec } from "@quorate/checker";
import type { PlainSet } from "@quorate/checker";
import {
  acceptorsOf,
  castsAllowedVote,
  increasesMaxBal,
  ballotsUpTo,
  chosen,
  decidedBallots,
  majoritiesOf,
  showsSafeAt,
  valuesOf,
} from "../voting/voting.ts";
import type { Acceptor, Value } from "../voting/voting.ts";
import { promisesAmong, proposalsAmong, votesAmong, waysToPropose } from "./messages.ts";
import type { Message } from "./messages.ts";

export default spec({
  about: "Paxos: single-decree consensus among acceptors, with a leader for each ballot.",
  parameters: {
    acceptors: integer("acceptors; any majority is a quorum", { min: 1, max: 5, default: 3 }),
    values: integer("values that can be proposed", { min: 1, max: 3, default: 2 }),
    maxBallot: integer("the highest ballot; the lowest is 0", { min: 1, max: 3, default: 1 }),
  },
  build: (parameters) => {
    const acceptors = acceptorsOf(parameters.acceptors);
    const values = valuesOf(parameters.values);
    const ballots = ballotsUpTo(parameters.maxBallot);
    const quorums = majoritiesOf(acceptors);
    const votesIn = (msgs: PlainSet<Message>) => votesAmong(msgs.filter((m) => m.type === "2b"));
    const proposalsIn = (msgs: PlainSet<Message>) => proposalsAmong(msgs.filter((m) => m.type === "2a"));

    return model(
      {
        maxBal: functionOf<Acceptor, number>(acceptors, -1),
        // The last vote: its ballot, or -1 before the first, and its value.
        maxVBal: functionOf<Acceptor, number>(acceptors, -1),
        maxVal: functionOf<Acceptor, Value | null>(acceptors, null),
        msgs: setOf<Message>(),
      },
      {
        actions: (action) => ({
          phase1a: action({ b: ballots }, (_, { b }) => ({ msgs: { add: [{ type: "1a", bal: b }] } })),
          // For each 1a message of a ballot that is higher than all that the acceptor took part in.
          phase1b: action({ a: acceptors }, (s, { a }) =>
            ballots
              .filter((b) => b > s.maxBal[a] && s.msgs.has({ type: "1a", bal: b }))
              .map((bal) => ({
                maxBal: { [a]: bal },
                msgs: { add: [{ type: "1b", acc: a, bal, mbal: s.maxVBal[a], mval: s.maxVal[a] }] },
              })),
          ),
          phase2a: action({ b: ballots, v: values }, (s, { b, v }) => {
            if (values.some((val) => s.msgs.has({ type: "2a", bal: b, val }))) return undefined;
            const promises = promisesAmong(s.msgs.filter((m) => m.type === "1b" && m.bal === b));
            const ways = waysToPropose(quorums, promises, v);
            return Array.from({ length: ways }, () => ({ msgs: { add: [{ type: "2a", bal: b, val: v }] } }));
          }),
          // For each 2a message of a ballot that the acceptor has not promised to keep out of.
          phase2b: action({ a: acceptors }, (s, { a }) =>
            ballots
              .filter((b) => b >= s.maxBal[a])
              .flatMap((bal) =>
                values
                  .filter((val) => s.msgs.has({ type: "2a", bal, val }))
                  .map((val) => ({
                    maxBal: { [a]: bal },
                    maxVBal: { [a]: bal },
                    maxVal: { [a]: val },
                    msgs: { add: [{ type: "2b", acc: a, bal, val }] },
                  })),
              ),
          ),
        }),
        always: {
          agreement: (s) => chosen(quorums, votesIn(s.msgs)).length <= 1,
          // The parts of the source's inductive invariant, one by one.
          votesWithinPromises: (s) => acceptors.every((a) => s.maxBal[a] >= s.maxVBal[a]),
          lastVoteSent: (s) =>
            acceptors.every((a) => {
              const bal = s.maxVBal[a];
              const val = s.maxVal[a];
              if (val === null || bal === -1) return val === null && bal === -1;
              return s.msgs.has({ type: "2b", acc: a, bal, val });
            }),
          promisesKept: (s) =>
            acceptors.every((a) => {
              const maxBal = s.maxBal[a];
              return s.msgs.every((m) => m.type !== "1b" || m.acc !== a || m.bal <= maxBal);
            }),
          promisesTellVotes: (s) =>
            promisesAmong(s.msgs.filter((m) => m.type === "1b" && m.mbal >= 0)).every(
              ({ acc, mbal, mval }) => mval !== null && s.msgs.has({ type: "2b", acc, bal: mbal, val: mval }),
            ),
          proposalsSafe: (s) =>
            proposalsIn(s.msgs).every(({ bal, val }) => {
              const votes = votesAmong(s.msgs.filter((m) => m.type === "2b" && m.bal < bal));
              return showsSafeAt(quorums, votes, s.maxBal, bal, val);
            }),
          oneProposalPerBallot: (s) => {
            const proposals = proposalsIn(s.msgs);
            return proposals.every(({ bal, val }) =>
              proposals.every((other) => other.bal !== bal || other.val === val),
            );
          },
          votesRemembered: (s) =>
            acceptors.every((a) => {
              const maxVBal = s.maxVBal[a];
              return s.msgs.every((m) => m.type !== "2b" || m.acc !== a || m.bal <= maxVBal);
            }),
          votesProposed: (s) => {
            const proposals = proposalsIn(s.msgs);
            return s.msgs.every(
              (m) => m.type !== "2b" || proposals.some(({ bal, val }) => bal === m.bal && val === m.val),
            );
          },
        },
        // Each step is Voting's: it casts no vote and at most increases a ballot, or it casts one that Voting allows.
        // The two halves are apart because they read little that is common to them.
        step: {
          implementsIncreaseMaxBal: (before, after) => increasesMaxBal(acceptors, before.maxBal, after.maxBal),
          implementsVoteFor: (before, after) =>
            castsAllowedVote(
              acceptors,
              quorums,
              { votes: votesIn(before.msgs), maxBal: before.maxBal },
              { votes: votesIn(after.msgs), maxBal: after.maxBal },
            ),
        },
        sometimes: {
          chosen: (s) => chosen(quorums, votesIn(s.msgs)).length === 1,
          // A quorum votes again for the value that is chosen already.
          chosenAgain: (s) => decidedBallots(quorums, votesIn(s.msgs)).length > 1,
        },
      },
    );
  },
});
