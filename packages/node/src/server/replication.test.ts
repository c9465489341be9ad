/** The replicated store of a cluster of one, with a disk that the test holds in its hands. */

import { nodeId } from "@quorate/core";
import type { Raft } from "@quorate/core";
import { expect, test } from "vitest";
import { raftRunnable } from "../protocols/raft.ts";
import { FakeClock } from "../shell/fake-clock.ts";
import type { PutOp, StoreResult } from "../store/types.ts";
import { ReplicatedStore } from "./replication.ts";

const self = nodeId("00000000000000a1");
const setup = {
  self,
  cluster: "c",
  voters: [self],
  preVote: true,
  heartbeatMs: 100,
  electionMs: 1_000,
  commandsPerMessageMax: 256,
};

function put(key: string): PutOp {
  return { type: "put", key, value: "v", lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
}

/** Lets a shell take its turn. */
async function turn(): Promise<void> {
  for (let at = 0; at < 3; at++) await new Promise((resolve) => setImmediate(resolve));
}

/** A leader, and what lets its disk go on. */
async function leader(): Promise<{
  readonly store: ReplicatedStore<Raft>;
  readonly flush: () => Promise<void>;
}> {
  const clock = new FakeClock();
  const flushes: (() => void)[] = [];
  const nothing = (): void => undefined;
  const store = new ReplicatedStore<Raft>({
    runnable: raftRunnable,
    protocol: raftRunnable.protocol,
    observer: null,
    setup,
    origin: "o",
    durable: raftRunnable.protocol.initial(raftRunnable.config(setup)),
    write: () => new Promise((resolve) => flushes.push(resolve)),
    prepare: () => Promise.resolve(),
    send: nothing,
    forward: () => Promise.resolve({ type: "unsent" }),
    requestTimeoutMs: 1_000_000,
    pendingMax: 100,
    compaction: { commands: 1_000, bytes: 1_000_000, kept: 0.1 },
    clock,
    random: () => 0,
    spans: null,
    listener: {
      onApplied: nothing,
      onCompacted: nothing,
      onRefused: nothing,
      onTurn: nothing,
      onSlowApply: nothing,
      onFlush: nothing,
      onPause: nothing,
      onHung: nothing,
      onUnknown: nothing,
      onFailure: (error) => {
        throw error;
      },
    },
  });
  const flush = async (): Promise<void> => {
    await turn();
    flushes.shift()?.();
    await turn();
  };
  store.begin();
  // Its vote, and the entry that a leader begins with. A longer step would be taken for a pause.
  while (store.view.leader !== self || store.view.commitIndex === 0) {
    clock.advance(setup.heartbeatMs / 2);
    await flush();
  }
  return { store, flush };
}

test("while the disk writes commands wait, and then go into the order together", async () => {
  const { store, flush } = await leader();
  const before = store.view.lastIndex;
  const ask = (key: string): Promise<StoreResult> => store.propose(put(key));
  const first = ask("a");
  await turn();
  const others = [ask("b"), ask("c")];
  await turn();
  expect(store.view.lastIndex).toBe(before + 1);
  await flush();
  expect(store.view.lastIndex).toBe(before + 3);
  await first;
  expect(store.pending).toBe(2);
  await flush();
  await Promise.all(others);
});
