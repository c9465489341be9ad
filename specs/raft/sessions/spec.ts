import { choice, cluster, integer, isEqual, isLinearizable, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { sessions } from "@quorate/core";
import type { Replica, WithSessions } from "@quorate/core";
import { running } from "../reads/running.ts";
import { serviceNodes } from "../reads/service.ts";
import { raftMembers, raftNodes } from "../shared/nodes.ts";
import { clientsOf, firstCommand, openingOf } from "./clients.ts";
import type { SessionService } from "./clients.ts";
import { journalMachine, journalObject } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { sessionObserver } from "./operations.ts";
import type { SessionHistory } from "./operations.ts";

type Histories = { readonly sessions: SessionHistory };

export default spec({
  about: "Commands that clients send again are applied once: sessions over Raft, Ongaro 2014, section 6.3.",
  parameters: {
    nodes: integer("nodes", { min: 1, max: 5, default: 3 }),
    begin: choice(
      "how the model begins: with a leader and a session, in which a command may be answered, or with nothing",
      ["registered", "answered", "nothing"],
    ),
    elections: integer("how often election timers end in all; only the first two nodes stand", {
      min: 0,
      max: 3,
      default: 1,
    }),
    retries: integer("copies of the first command, each sent to the second node", { min: 0, max: 2, default: 1 }),
    commands: integer("different commands of the session, each first sent to the first node", {
      min: 1,
      max: 2,
      default: 1,
    }),
    rivals: integer("other clients that open sessions", { min: 0, max: 2, default: 0 }),
    sessionsMax: integer("how many sessions there is room for", { min: 1, max: 3, default: 2 }),
    snapshots: integer("how often a node is asked for a snapshot", { min: 0, max: 2, default: 0 }),
    crashes: integer("how often nodes crash in all; they restart from their disks", { min: 0, max: 2, default: 0 }),
    order: choice("whether each link keeps the order of its messages", ["fifo", "none"]),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const candidates = nodes.slice(0, 2);
    const [first, second = first] = nodes;
    if (first === undefined || second === undefined) throw new RangeError("There is one node at least.");
    if (given.begin !== "nothing" && given.crashes > 0) throw new RangeError("With crashes, begin with nothing.");
    const services = serviceNodes(sessions(journalMachine, given), raftNodes({ nodes, candidates }));
    const answered = given.begin === "answered" ? [firstCommand] : [];
    return cluster<SessionService, Histories>({
      nodes: given.begin === "nothing" ? services : running(services, openingOf(first, answered)),
      network: { order: given.order },
      faults: { crashRecovery: given.crashes },
      timeouts: { election: given.elections },
      clients: clientsOf(given, first, second),
      observers: { sessions: sessionObserver(answered) },
      always: {
        /** No node applies a command twice, and whoever asks what came of it is told the same. */
        exactlyOnce: (s) => {
          const { contradicted } = s.history.sessions;
          const journals = s.nodes.map(wordsOf);
          return contradicted.length === 0 && journals.every((words) => new Set(words).size === words.length);
        },
        /** Clients can't tell the cluster from one journal in one place, however often they ask. */
        linearizability: (s) => isLinearizable(journalObject, s.history.sessions.operations),
        /** Nodes that have applied as much are in the same state, sessions and all. */
        replicasAgree: (s) => {
          const replicas = s.nodes.map(replicaOf);
          return replicas.every((one) =>
            replicas.every((other) => one.applied !== other.applied || isEqual(one, other)),
          );
        },
      },
      sometimes: {
        ...(given.retries > 0 ? { answeredFromMemory: (s) => s.history.sessions.repeated.length > 0 } : {}),
        ...(given.rivals >= given.sessionsMax ? { expired: (s) => s.history.sessions.expired.length > 0 } : {}),
        ...(given.commands > 1 || given.begin === "answered"
          ? { bothApplied: (s) => s.nodes.map(wordsOf).some((words) => words.length > 1) }
          : {}),
      },
    });
  },
});

function wordsOf({ state }: NodeView<SessionService>): readonly string[] {
  return state?.volatile.state.machine ?? [];
}

/** What a node has applied, and what came of it. */
function replicaOf({ state }: NodeView<SessionService>): Replica<WithSessions<Journal>> {
  return state === null
    ? { applied: 0, state: { sessions: [], machine: [] } }
    : { applied: state.volatile.applied, state: state.volatile.state };
}
