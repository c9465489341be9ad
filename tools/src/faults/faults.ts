/** How each fault is made to happen, lasts, and is mended. */

import { changeMembers } from "./churn.ts";
import { damageData } from "./damage.ts";
import { fillDisk } from "./full-disk.ts";
import type { Fault } from "./schedule.ts";
import { apiId, leaderOf, memberOf, wait } from "./stage.ts";
import type { Stage } from "./stage.ts";

type Of<Type extends Fault["type"]> = Extract<Fault, { readonly type: Type }>;

/** Resolves when the fault is over and all members run again. */
export async function inflict(stage: Stage, fault: Fault): Promise<void> {
  switch (fault.type) {
    case "kill":
      return await kill(stage, fault);
    case "killAll":
      return await killAll(stage);
    case "pause":
      return await pause(stage, fault);
    case "partition":
      return await partition(stage, fault);
    case "asymmetric":
      return await cutOneWay(stage, fault);
    case "partial":
      return await cutOnePair(stage, fault);
    case "slow":
      return await slowLinks(stage, fault);
    case "transfer":
      return await transferLeadership(stage, fault);
    case "rolling":
      return await restartAll(stage);
    case "churn":
      return await changeMembers(stage, fault);
    case "damage":
      return await damageData(stage, fault);
    case "full":
      return await fillDisk(stage, fault);
    case "clock":
      return await jumpClocks(stage, fault);
  }
}

async function kill(stage: Stage, { whom, ms }: Of<"kill">): Promise<void> {
  const name = await memberOf(stage, whom);
  stage.note(`kill -9 ${name}`);
  await stage.cluster.kill(name);
  await wait(ms);
  await stage.cluster.start(name);
}

async function killAll({ cluster, note }: Stage): Promise<void> {
  const names = cluster.running;
  note(`kill -9 ${names.join(", ")}`);
  await Promise.all(names.map((name) => cluster.kill(name)));
  await Promise.all(names.map((name) => cluster.start(name)));
}

async function pause(stage: Stage, { whom, ms }: Of<"pause">): Promise<void> {
  const name = await memberOf(stage, whom);
  stage.note(`pause ${name}`);
  const child = stage.cluster.process(name);
  child?.pause();
  await wait(ms);
  child?.resume();
}

async function partition({ cluster, note }: Stage, { places, ms }: Of<"partition">): Promise<void> {
  const few = places.map((place) => cluster.at(place));
  note(`partition ${few.join(", ")} from the others`);
  for (const one of few) {
    for (const other of cluster.names.filter((name) => !few.includes(name))) cut(cluster.network, one, other);
  }
  await wait(ms);
  cluster.network.heal();
}

async function cutOneWay(stage: Stage, { whom, isMute, ms }: Of<"asymmetric">): Promise<void> {
  const { cluster, note } = stage;
  const name = await memberOf(stage, whom);
  note(`${name} ${isMute ? "can't be heard by" : "can't hear"} the others`);
  for (const other of cluster.names.filter((of) => of !== name)) {
    if (isMute) cluster.network.set(name, other, { type: "blocked" });
    else cluster.network.set(other, name, { type: "blocked" });
  }
  await wait(ms);
  cluster.network.heal();
}

async function cutOnePair({ cluster, note }: Stage, { places, ms }: Of<"partial">): Promise<void> {
  const [a, b] = places.map((place) => cluster.at(place));
  if (a === undefined || b === undefined) return;
  note(`cut the link between ${a} and ${b}`);
  cut(cluster.network, a, b);
  await wait(ms);
  cluster.network.heal();
}

function cut(network: Stage["cluster"]["network"], a: string, b: string): void {
  network.set(a, b, { type: "blocked" });
  network.set(b, a, { type: "blocked" });
}

async function slowLinks(stage: Stage, { whom, delayMs, ms }: Of<"slow">): Promise<void> {
  const { cluster, note } = stage;
  const name = await memberOf(stage, whom);
  note(`what ${name} sends takes ${delayMs} ms`);
  for (const other of cluster.names) cluster.network.set(name, other, { type: "slow", ms: delayMs });
  await wait(ms);
  cluster.network.heal();
}

async function transferLeadership({ cluster, note }: Stage, { places }: Of<"transfer">): Promise<void> {
  const leader = await leaderOf(cluster);
  const to = places.map((place) => cluster.at(place)).find((name) => name !== leader);
  if (leader === null || to === undefined) return;
  note(`move leadership from ${leader} to ${to}`);
  await cluster
    .ask(leader, async (client) => {
      const targetID = await apiId(client, to);
      if (targetID !== null) await client.maintain("MoveLeader", { targetID });
    })
    .catch(() => {
      note("  it was not moved");
    });
}

async function restartAll({ cluster, note }: Stage): Promise<void> {
  note("restart one after the other");
  for (const name of cluster.running) {
    await cluster.terminate(name);
    await cluster.start(name);
  }
}

async function jumpClocks(
  { cluster, clocks, note }: Stage,
  { places, seconds, isBack, ms }: Of<"clock">,
): Promise<void> {
  if (clocks === null) throw new Error("The members have the machine's clock, which is left alone.");
  const names = places === "all" ? cluster.names : places.map((place) => cluster.at(place));
  note(`the clocks of ${names.join(", ")} jump to ${seconds} s ahead`);
  await clocks.jump(names, seconds, cluster);
  await wait(ms);
  if (!isBack) return;
  note("  and back");
  await clocks.jump(names, 0, cluster);
}
