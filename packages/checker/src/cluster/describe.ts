import type { Plain, Signature } from "@quorate/core";
import type { Cursor } from "../engine/frontier.ts";
import type { StateDescription } from "../engine/system.ts";
import type { Envelope } from "./cluster.ts";
import type { Local } from "./local.ts";
import type { ClusterSystem } from "./system.ts";

/** The cluster's state at `cursor`, for people: what can't differ in this cluster is left out. */
export function describeCluster(system: ClusterSystem, cursor: Cursor): StateDescription {
  const id = (slot: number): number => cursor.words[cursor.at + slot] as number;
  const nodes = system.nodeNames.map((name, node): [string, Plain] => [
    name,
    describeLocal(system.outcomes.locals[node]?.value(id(node)) as Local),
  ]);
  const clients = Object.keys(system.options.clients ?? {}).map((name, client): [string, Plain] => [
    name,
    system.tableOf(system.clientAt + client).value(id(system.clientAt + client)) as Plain,
  ]);
  const histories = Object.keys(system.options.observers ?? {}).map((name, index): [string, Plain] => [
    name,
    system.tableOf(system.historyAt + index).value(id(system.historyAt + index)) as Plain,
  ]);
  const { left, side } = system.conditions.table.value(id(system.conditionsAt));
  const budgets = Object.entries(left).filter(([budget]) => system.conditions.table.value(0).left[budget] !== 0);
  return {
    nodes: Object.fromEntries(nodes),
    network: messagesAt(system, cursor).map(({ from, to, message }) => ({ from, to, message })),
    ...(clients.length > 0 ? { requestsMade: Object.fromEntries(clients) } : {}),
    ...(histories.length > 0 ? { history: Object.fromEntries(histories) } : {}),
    ...(budgets.length > 0 ? { budgetsLeft: Object.fromEntries(budgets) } : {}),
    ...(system.options.faults?.partitions === undefined ? {} : { side }),
  };
}

function messagesAt(system: ClusterSystem, cursor: Cursor): readonly Envelope<Signature>[] {
  const { links, linksAt, slots, outcomes } = system;
  const id = (word: number): number => cursor.words[cursor.at + word] as number;
  if (links !== null) {
    return Array.from({ length: links.count }, (_, link) => links.table(link).value(id(linksAt + link))).flat();
  }
  const envelopes = Array.from({ length: cursor.length - slots }, (_, index) => id(slots + index));
  envelopes.sort((a, b) => (outcomes.envelopes.encoding(a) < outcomes.envelopes.encoding(b) ? -1 : 1));
  return envelopes.map((envelope) => outcomes.envelopes.value(envelope));
}

function describeLocal(local: Local): Plain {
  if (local.status !== "up") return { status: local.status, disk: local.disk };
  const { durable, volatile } = local.memory;
  return {
    durable,
    volatile,
    ...(local.timers.length > 0 ? { timers: local.timers } : {}),
    ...(local.behind === null
      ? {}
      : { disk: local.behind.disk, unwritten: local.behind.unwritten as readonly Plain[] }),
  };
}
