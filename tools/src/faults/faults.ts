/** What can go wrong, and how it is made to: each fault begins, lasts a while, and is mended. */

import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { EtcdClient } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";

export type FaultName =
  | "kill"
  | "killAll"
  | "pause"
  | "partition"
  | "asymmetric"
  | "partial"
  | "slow"
  | "transfer"
  | "rolling"
  | "churn"
  | "damage";

/** How each fault is made to happen, and mended. */
export const FAULTS: { readonly [name in FaultName]: (stage: Stage) => Promise<void> } = {
  kill: killOne,
  killAll: killAll,
  pause: pauseOne,
  partition: partitionOne,
  asymmetric: cutOneWay,
  partial: cutOnePair,
  slow: slowLinks,
  transfer: transferLeadership,
  rolling: rollingRestart,
  churn: churnMembers,
  damage: damageDisk,
};
export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(
  (name): name is FaultName => name in FAULTS,
);

export type Stage = {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Says what is done. */
  readonly note: (what: string) => void;
};

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A fault's length: about that of some elections. */
function aWhile({ random }: Stage): Promise<void> {
  return wait(random.integer(300, 2_500));
}

async function killOne(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const name = random.pick(cluster.running);
  note(`kill -9 ${name}`);
  await cluster.kill(name);
  await aWhile(stage);
  await cluster.start(name);
}

async function killAll(stage: Stage): Promise<void> {
  const { cluster, note } = stage;
  const names = cluster.running;
  note(`kill -9 ${names.join(", ")}`);
  await Promise.all(names.map((name) => cluster.kill(name)));
  await Promise.all(names.map((name) => cluster.start(name)));
}

async function pauseOne(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const name = random.pick(cluster.running);
  note(`pause ${name}`);
  cluster.pause(name);
  await aWhile(stage);
  cluster.resume(name);
}

async function partitionOne(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const few = random.some(cluster.names, random.integer(1, Math.floor((cluster.names.length - 1) / 2)));
  note(`partition ${few.join(", ")} from the others`);
  for (const one of few) {
    for (const other of cluster.names.filter((name) => !few.includes(name))) {
      cluster.network.set(one, other, { type: "blocked" });
      cluster.network.set(other, one, { type: "blocked" });
    }
  }
  await aWhile(stage);
  cluster.network.heal();
}

async function cutOneWay(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const name = random.pick(cluster.names);
  const isMute = random.chance(50);
  note(`${name} ${isMute ? "can't be heard by" : "can't hear"} the others`);
  for (const other of cluster.names.filter((of) => of !== name)) {
    if (isMute) cluster.network.set(name, other, { type: "blocked" });
    else cluster.network.set(other, name, { type: "blocked" });
  }
  await aWhile(stage);
  cluster.network.heal();
}

async function cutOnePair(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const [a, b] = random.some(cluster.names, 2);
  if (a === undefined || b === undefined) return;
  note(`cut the link between ${a} and ${b}`);
  cluster.network.set(a, b, { type: "blocked" });
  cluster.network.set(b, a, { type: "blocked" });
  await aWhile(stage);
  cluster.network.heal();
}

async function slowLinks(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const ms = random.integer(20, 400);
  const name = random.pick(cluster.names);
  note(`what ${name} sends takes ${ms} ms`);
  for (const other of cluster.names) cluster.network.set(name, other, { type: "slow", ms });
  await aWhile(stage);
  cluster.network.heal();
}

const id = z.string().transform((text) => BigInt(text).toString(16).padStart(16, "0"));
const status = z.object({ leader: id });
const memberList = z.object({ members: z.array(z.object({ ID: z.string(), name: z.string() })) });

async function transferLeadership(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const leader = await leaderOf(cluster);
  if (leader === null) return;
  const to = random.pick(cluster.running.filter((name) => name !== leader));
  note(`move leadership from ${leader} to ${to}`);
  await withClient(cluster, leader, async (client) => {
    const { members } = memberList.parse(await client.member("MemberList", {}));
    const target = members.find(({ name }) => name === to);
    if (target !== undefined) await client.maintain("MoveLeader", { targetID: target.ID });
  }).catch(() => {
    note("  it was not moved");
  });
}

async function rollingRestart(stage: Stage): Promise<void> {
  const { cluster, note } = stage;
  note("restart one after the other");
  for (const name of cluster.running) {
    await cluster.terminate(name);
    await cluster.start(name);
  }
}

/** A member more, as a learner first, and then one less: the new one, so that those that are watched stay. */
async function churnMembers(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const name = `x${random.integer(1, 1_000_000)}`;
  note(`add ${name}, promote it, and remove it`);
  const url = await cluster.prepareJoining(name);
  const others = cluster.running.filter((of) => of !== name);
  const ask = <T>(what: (client: EtcdClient) => Promise<T>): Promise<T> =>
    withClient(cluster, random.pick(others), what);
  const known = z.object({ member: z.object({ ID: z.string() }) });
  try {
    const added = known.parse(
      await eventually(() => ask((client) => client.member("MemberAdd", { peerURLs: [url], isLearner: true }))),
    );
    const { ID } = added.member;
    await cluster.start(name);
    await eventually(() => ask((client) => client.member("MemberPromote", { ID })));
    await aWhile(stage);
    await eventually(() => ask((client) => client.member("MemberRemove", { ID })));
  } finally {
    await cluster.kill(name);
    cluster.forget(name);
  }
}

/**
 * A member's database is damaged while it is down, at one place or by cutting it short. The member either refuses to start,
 * and is given what was there before, or the damage hit what nobody reads: what it serves then is held to the same as ever.
 */
async function damageDisk(stage: Stage): Promise<void> {
  const { cluster, random, note } = stage;
  const name = random.pick(cluster.running);
  const file = cluster.dataFile(name);
  note(`kill -9 ${name} and damage its database`);
  await cluster.kill(name);
  const whole = readFileSync(file);
  const at = random.integer(0, whole.length - 1);
  const damaged = Buffer.from(whole);
  damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << random.integer(0, 7)), at);
  writeFileSync(file, random.chance(50) ? damaged : whole.subarray(0, at));
  const isStarted = await cluster.start(name).then(
    () => true,
    () => false,
  );
  note(
    isStarted ? `  ${name} starts: nobody reads byte ${at}` : `  ${name} refuses to start, and gets its database back`,
  );
  if (isStarted) return;
  writeFileSync(file, whole);
  await cluster.start(name);
}

async function leaderOf(cluster: Cluster): Promise<string | null> {
  for (const name of cluster.running) {
    try {
      const { leader } = await withClient(cluster, name, async (client) =>
        status.parse(await client.maintain("Status", {})),
      );
      if (leader !== "0".repeat(16)) return cluster.nameOf(leader);
    } catch {
      // This one does not answer: another may.
    }
  }
  return null;
}

async function withClient<T>(cluster: Cluster, name: string, what: (client: EtcdClient) => Promise<T>): Promise<T> {
  const client = new EtcdClient(cluster.endpoint(name), 5_000);
  try {
    return await what(client);
  } finally {
    client.close();
  }
}

/** Tries again where a change of leaders or an earlier change is in the way. */
async function eventually<T>(what: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await what();
    } catch (error) {
      if (tries >= 20) throw error;
      await wait(200);
    }
  }
}
