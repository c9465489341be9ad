import fc from "fast-check";
import type { Input, NodeId, Protocol, Signature } from "../protocol.ts";
import { nodeId } from "../protocol.ts";
import type { Member, Persistence } from "./cluster.ts";
import { laws } from "./laws.ts";
import { record } from "./recording.ts";
import type { Call, Probe } from "./recording.ts";
import { arbitraryAction, arbitrarySchedule, arbitraryWhich } from "./schedule.ts";
import type { Action } from "./schedule.ts";

/** What the suite needs to know of a protocol. */
export interface Subject<S extends Signature> {
  readonly protocol: Protocol<S>;
  /** Clusters of any size and configuration that the protocol runs in. */
  readonly clusters: fc.Arbitrary<readonly Member<S>[]>;
  /** Anything that clients and operators may ask of a node. */
  requests(nodes: readonly NodeId[]): fc.Arbitrary<S["request"]>;
  /**
   * Any message of the right shape, however impossible: no node would send most of them. `nodes` are names to put in,
   * the cluster's and a stranger's.
   */
  messages(nodes: readonly NodeId[]): fc.Arbitrary<S["message"]>;
}

/** One check of the suite. */
export interface Check {
  readonly name: string;
  /** What the check demands, in a sentence. */
  readonly says: string;
  /**
   * Runs the check on random runs.
   *
   * @param parameters fast-check's: give back the seed and the path of a failure to see it again
   * @throws Error with the seed, the shortest run found that fails, and what is wrong with which call
   */
  readonly check: (parameters?: fc.Parameters<unknown>) => void;
}

/** Long enough for several ballots, terms or views, with crashes between. */
const SCHEDULE_LENGTH_MAX = 120;
/** How many inputs a probe gives a node, one after the other. */
const PROBE_LENGTH_MAX = 3;
const PROBE_WEIGHT = 1;
const ACTION_WEIGHT = 4;

/** A node that no generated cluster may have. */
const STRANGER = nodeId("stranger");

type Case<S extends Signature> = {
  readonly members: readonly Member<S>[];
  readonly schedule: readonly (Action<S> | Probe<S>)[];
  readonly persistence: Persistence;
};

/**
 * The conformance suite: the laws of protocols, for one protocol. It knows no test runner; with vitest it is
 *
 * ```ts
 * describe("the laws of protocols", () => {
 *   for (const { name, says, check } of conformance(subject)) test(`${name}: ${says}`, () => check());
 * });
 * ```
 *
 * Each check makes random runs of random clusters, in which messages are delivered in any order, twice, or not at all,
 * timers fire, clients ask, disks keep up or lag behind, and nodes crash and start again. The states that it looks at are therefore
 * reachable ones. In any of them it also probes a node with inputs that no run brings about, and then forgets what came
 * of it.
 */
export function conformance<S extends Signature>(subject: Subject<S>): readonly Check[] {
  const cases = arbitraryCase(subject);
  const checks = laws.map((law) => ({
    name: law.name,
    says: law.says,
    check(parameters: fc.Parameters<unknown> = {}) {
      const property = fc.property(cases, ({ members, schedule, persistence }) => {
        law.hold(record(subject.protocol, members, schedule, persistence));
      });
      fc.assert(property, { includeErrorInReport: true, ...(parameters as fc.Parameters<[Case<S>]>) });
    },
  }));
  return [...checks, reach(subject, cases)];
}

/** Guards the laws against saying nothing: runs that never get anywhere keep every law. */
function reach<S extends Signature>(subject: Subject<S>, cases: fc.Arbitrary<Case<S>>): Check {
  return {
    name: "reach",
    says: "The runs deliver messages of every type, fire a timer, start nodes again, and produce an output.",
    check(parameters = {}) {
      const sampling = { numRuns: parameters.numRuns ?? 100, seed: parameters.seed ?? 1 };
      const missing = new Set(["output", "restart", "timeout"]);
      for (const { type } of fc.sample(subject.messages([STRANGER]), sampling)) missing.add(`message ${type}`);
      for (const { members, schedule, persistence } of fc.sample(cases, sampling)) {
        const { calls } = record(subject.protocol, members, schedule, persistence);
        for (const call of calls) for (const sight of sights(call)) missing.delete(sight);
        if (calls.filter((call) => call.function === "start").length > members.length) missing.delete("restart");
      }
      if (missing.size === 0) return;
      throw new Error(`${sampling.numRuns} runs never show: ${[...missing].sort().join(", ")}.`);
    },
  };
}

/** What a run has shown by making this call. Probes show nothing: they are not part of the run. */
function* sights<S extends Signature>(call: Call<S>): Generator<string> {
  if (call.function === "initial" || call.outcome.type === "threw") return;
  if (call.function === "step" && call.probed) return;
  if (call.function === "step" && call.input.type === "receive") yield `message ${call.input.message.type}`;
  if (call.function === "step" && call.input.type === "timeout") yield "timeout";
  if (call.outcome.value.effects.some(({ type }) => type === "output")) yield "output";
}

function arbitraryCase<S extends Signature>(subject: Subject<S>): fc.Arbitrary<Case<S>> {
  return subject.clusters.chain((members) => {
    const nodes = members.map(({ id }) => id);
    const action = arbitraryAction<S>(subject.requests(nodes));
    const probe = arbitraryProbe<S>(nodes, subject.requests(nodes), subject.messages([...nodes, STRANGER]));
    const either = fc.oneof({ arbitrary: action, weight: ACTION_WEIGHT }, { arbitrary: probe, weight: PROBE_WEIGHT });
    return fc.record({
      members: fc.constant(members),
      schedule: arbitrarySchedule(either, SCHEDULE_LENGTH_MAX),
      // Most disks lag behind: that is where more can happen.
      persistence: fc.constantFrom<Persistence[]>("lagging", "lagging", "synchronous"),
    });
  });
}

function arbitraryProbe<S extends Signature>(
  nodes: readonly NodeId[],
  requests: fc.Arbitrary<S["request"]>,
  messages: fc.Arbitrary<S["message"]>,
): fc.Arbitrary<Probe<S>> {
  const type = fc.constant("receive" as const);
  const receive: fc.Arbitrary<Input<S>> = fc.record({
    type,
    from: fc.constantFrom(...nodes, STRANGER),
    message: messages,
  });
  const request: fc.Arbitrary<Input<S>> = fc.record({ type: fc.constant("request" as const), request: requests });
  const input = fc.oneof({ arbitrary: receive, weight: 4 }, { arbitrary: request, weight: 1 });
  const inputs = fc.array(input, { minLength: 1, maxLength: PROBE_LENGTH_MAX });
  return fc.record({ type: fc.constant("probe" as const), which: arbitraryWhich(), inputs });
}
