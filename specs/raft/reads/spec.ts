import { choice, cluster, integer, isLinearizable, register, spec } from "@quorate/checker";
import type { NodeView } from "@quorate/checker";
import { reader, writers } from "./clients.ts";
import type { RegisterService } from "./clients.ts";
import { operationsObserver, valuesRead } from "./operations.ts";
import type { Operations } from "./operations.ts";
import { registerMachine } from "./register.ts";
import type { Word } from "./register.ts";
import { running } from "./running.ts";
import { serviceNodes } from "./service.ts";
import { raftMembers, raftNodes } from "../shared/nodes.ts";

type Histories = { readonly operations: Operations };

const object = register<Word>(null);

export default spec({
  about: "Linearizable reads by read index, at leaders and at followers: Ongaro 2014, section 6.4.",
  parameters: {
    nodes: integer("nodes; the first one leads when the model begins", { min: 2, max: 5, default: 3 }),
    elections: integer("how often election timers end in all; only the first two nodes stand", {
      min: 0,
      max: 3,
      default: 1,
    }),
    heartbeats: integer("how often heartbeat timers end in all", { min: 0, max: 3, default: 0 }),
    writes: integer("clients that write one word each", { min: 0, max: 2, default: 1 }),
    writeAt: choice("which nodes are asked to write", ["candidates", "first", "second"]),
    reads: integer("reads of one client, which does not wait for the answers", { min: 0, max: 3, default: 1 }),
    readAt: choice("which nodes are asked to read", ["candidates", "first", "second", "others", "all"]),
    ids: choice("whether each read has an id of its own, as it must", ["fresh", "reused"]),
    duplications: integer("how many messages are delivered twice in all", { min: 0, max: 3, default: 0 }),
    order: choice("whether each link keeps the order of its messages", ["fifo", "none"]),
    losses: integer("how many messages are lost in all", { min: 0, max: 3, default: 0 }),
  },
  build: (given) => {
    const nodes = raftMembers(given.nodes);
    const candidates = nodes.slice(0, 2);
    const places = {
      candidates,
      first: nodes.slice(0, 1),
      second: nodes.slice(1, 2),
      others: nodes.slice(2),
      all: nodes,
    };
    const ids = Array.from({ length: given.reads }, (_, at) => (given.ids === "fresh" ? `r${at + 1}` : "r"));
    return cluster<RegisterService, Histories>({
      nodes: running(
        serviceNodes(registerMachine, raftNodes({ nodes, candidates })),
        nodes.slice(0, 1).map((node) => ({ node, input: { type: "timeout", timer: "election" } })),
      ),
      network: { order: given.order, duplication: given.duplications, loss: given.losses },
      timeouts: { election: given.elections, heartbeat: given.heartbeats },
      clients: { ...writers(given.writes, places[given.writeAt]), ...reader(ids, places[given.readAt]) },
      observers: { operations: operationsObserver },
      always: {
        /** Clients can't tell the cluster from one register in one place. */
        linearizability: (s) => isLinearizable(object, s.history.operations),
      },
      sometimes: {
        ...(given.elections > 0 && given.writes > 0 ? { twoLeaders: (s) => s.nodes.filter(leads).length > 1 } : {}),
        ...(given.reads > 0 ? { readBefore: (s) => valuesRead(s.history.operations).includes(null) } : {}),
        ...(given.reads > 0 && given.writes > 0
          ? { readAfter: (s) => valuesRead(s.history.operations).includes("x") }
          : {}),
      },
    });
  },
});

function leads({ state }: NodeView<RegisterService>): boolean {
  return state?.volatile.protocol.role.type === "leader";
}
