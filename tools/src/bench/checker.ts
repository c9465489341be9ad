/** How fast the checker is, and how much memory it takes. */

import { measure, rate } from "./measurement.ts";
import type { Measurement } from "./measurement.ts";
import { count, print, row } from "./print.ts";

const REGISTER = "reference/paxos-register";
/** With its defaults: two terms, one command, and all that Raft promises held against every state. */
const RAFT = "raft/replication";
/** What TLC took for MCPaxosSmall with two workers, in seconds, on the kind of machine that this project is built on. */
const TLC_PAXOS_SMALL_SECONDS = 102;

/** @returns whether the engine and the naive explorer found the same */
export async function benchChecker(): Promise<boolean> {
  const clientCounts = [1, 2, 3, 4];

  print("reference/paxos-register on one thread, each model in a process of its own\n");
  print(
    row([
      "clients",
      "distinct",
      "transitions",
      "seconds",
      "trans./s",
      "peak MiB",
      "visited B/st",
      "trace B/st",
      "frontier B/st",
      "real calls",
    ]),
  );
  let threeClients: Measurement | null = null;
  for (const clients of clientCounts) {
    const measured = await measure("engine", REGISTER, { clients });
    if (clients === 3) threeClients = measured;
    print(engineRow(String(clients), measured));
  }
  print(
    "\nThe smallest models fill no more than the structures' first pages; bytes a state (B/st) mean something from two clients on.",
  );
  if (threeClients !== null) {
    const own = (threeClients.peakBytes - threeClients.startBytes) / threeClients.distinct;
    print(
      `Of the whole process, three clients take ${own.toFixed(0)} bytes a distinct state beyond what it starts with.`,
    );
  }

  print("\nThe naive explorer of the differential tests, the same model in the same run\n");
  const [engine, naive] = [
    await measure("engine", REGISTER, { clients: 2 }),
    await measure("naive", REGISTER, { clients: 2 }),
  ];
  for (const [name, { distinct, generated, seconds }] of [
    ["engine", engine],
    ["naive", naive],
  ] as const) {
    print(`${name.padEnd(8)} ${count(distinct)} distinct, ${count(generated)} transitions, ${seconds.toFixed(2)} s`);
  }
  const same =
    engine.distinct === naive.distinct && engine.generated === naive.generated && engine.depth === naive.depth;
  print(
    `${same ? "The counts and the depth are the same" : "THE COUNTS DIFFER"}; the engine is ${(rate(engine) / rate(naive)).toFixed(0)} times as fast on two clients,`,
  );
  if (threeClients !== null)
    print(`and ${(rate(threeClients) / rate(naive)).toFixed(0)} times where it has warmed up, on three.`);

  print("\nreference/paxos:small (MCPaxosSmall), through model()\n");
  const small = await measure("engine", "reference/paxos", { acceptors: 3, values: 2, maxBallot: 2 });
  print(
    `engine   ${count(small.distinct)} distinct, ${count(small.generated)} transitions, ${small.seconds.toFixed(2)} s`,
  );
  print(
    `TLC took ${TLC_PAXOS_SMALL_SECONDS} s with two workers: ${(TLC_PAXOS_SMALL_SECONDS / small.seconds).toFixed(1)} times as long`,
  );

  print("\nraft/replication:two-terms-announced, with all its properties\n");
  const raft = await measure("engine", RAFT);
  print(
    `engine   ${count(raft.distinct)} distinct, ${count(raft.generated)} transitions, ${raft.seconds.toFixed(2)} s, ${microseconds(raft).toFixed(2)} us a transition`,
  );
  if (threeClients !== null) {
    const ratio = microseconds(raft) / microseconds(threeClients);
    print(
      `The register of three clients takes ${microseconds(threeClients).toFixed(2)} us; the ratio is ${ratio.toFixed(2)}.`,
    );
  }
  return same;
}

/** What a transition takes. */
function microseconds(measured: Measurement): number {
  return 1e6 / rate(measured);
}

function engineRow(name: string, measured: Measurement): string {
  const { distinct, generated, seconds, peakBytes, calls = 0 } = measured;
  const perState = (bytes = 0): string => (bytes / distinct).toFixed(1);
  return row([
    name,
    count(distinct),
    count(generated),
    seconds.toFixed(2),
    count(Math.round(rate(measured))),
    (peakBytes / 2 ** 20).toFixed(0),
    perState(measured.visitedBytes),
    perState(measured.traceBytes),
    perState(measured.frontierBytesMax),
    count(calls),
  ]);
}
