/** A member makes room for another, as when a machine is replaced: planned, or because its disk is gone. */

import { rmSync } from "node:fs";
import { z } from "zod";
import type { EtcdClient } from "./client.ts";
import type { Fault } from "./schedule.ts";
import { apiId, demandExit, eventually, memberOf, wait } from "./stage.ts";
import type { Exit, Stage } from "./stage.ts";

/** What a removed member ends with: see the exit codes in the README of packages/node. */
const REMOVED: Exit = { code: 77, reason: /has been removed from the cluster/ };
/** A member that is removed hears of it from the others, if need be by asking them. */
const LEAVE_MS = 60_000;

const added = z.object({ member: z.object({ ID: z.string() }) });

export async function changeMembers(
  stage: Stage,
  { whom, order, ms }: Extract<Fault, { readonly type: "churn" }>,
): Promise<void> {
  const { cluster, note } = stage;
  const old = await memberOf(stage, whom);
  if (order === "lost") {
    note(`${old} is lost with its disk`);
    await cluster.kill(old);
    rmSync(cluster.dataDirectory(old), { recursive: true });
  }
  if (order !== "newFirst") await remove(stage, old);
  const name = await add(stage, old);
  await wait(ms);
  if (order === "newFirst") await remove(stage, old);
  cluster.replace(old, name);
}

/** A new member learns first, and votes when it has caught up. */
async function add(stage: Stage, old: string): Promise<string> {
  const { cluster, note } = stage;
  const { name, url } = await cluster.prepareJoining();
  note(`add ${name}, and promote it`);
  const { ID } = await askOthers(stage, [old, name], async (client) => {
    // An answer that was lost does not undo what was asked.
    const known = await idAt(client, url);
    if (known !== null) return { ID: known };
    return added.parse(await client.member("MemberAdd", { peerURLs: [url], isLearner: true })).member;
  });
  await cluster.start(name);
  await askOthers(stage, [old, name], async (client) => {
    if (!(await isLearner(client, ID))) return;
    await client.member("MemberPromote", { ID });
  });
  return name;
}

async function remove(stage: Stage, name: string): Promise<void> {
  const { cluster, note, complain } = stage;
  note(`remove ${name}`);
  const child = cluster.process(name);
  child?.expectEnd();
  await askOthers(stage, [name], async (client) => {
    const ID = await apiId(client, name);
    if (ID !== null) await client.member("MemberRemove", { ID });
  });
  if (child === null) return;
  const ending = await Promise.race([child.ended, wait(LEAVE_MS)]);
  if (ending !== undefined) return demandExit(stage, name, ending, [REMOVED]);
  complain(`${name} was removed, and still runs after ${LEAVE_MS / 1_000} s`);
  await child.kill();
}

/** Asks the members other than `without`, one after the other, until one has done it. */
async function askOthers<T>(
  { cluster }: Stage,
  without: readonly string[],
  what: (client: EtcdClient) => Promise<T>,
): Promise<T> {
  let turn = 0;
  return await eventually(async () => {
    const others = cluster.running.filter((name) => !without.includes(name));
    const name = others[turn++ % others.length];
    if (name === undefined) throw new Error("No other member runs.");
    return await cluster.ask(name, what);
  });
}

const memberList = z.object({
  members: z.array(z.object({ ID: z.string(), peerURLs: z.array(z.string()), isLearner: z.boolean() })),
});

async function idAt(client: EtcdClient, url: string): Promise<string | null> {
  const { members } = memberList.parse(await client.member("MemberList", {}));
  return members.find(({ peerURLs }) => peerURLs.includes(url))?.ID ?? null;
}

async function isLearner(client: EtcdClient, id: string): Promise<boolean> {
  const { members } = memberList.parse(await client.member("MemberList", {}));
  return members.some((member) => member.ID === id && member.isLearner);
}
