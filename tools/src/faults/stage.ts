/** What faults are done on, and what they have in common. */

import { z } from "zod";
import type { EtcdClient } from "./client.ts";
import type { Cluster } from "./cluster.ts";
import type { Ending } from "./member-process.ts";
import { textOf } from "./member-process.ts";
import type { Clocks } from "./clocks.ts";
import type { Whom } from "./schedule.ts";

export type Stage = {
  readonly cluster: Cluster;
  /** Null where members have the machine's clock. */
  readonly clocks: Clocks | null;
  /** Says what is done. */
  readonly note: (what: string) => void;
  /** A member did what no member should. */
  readonly complain: (text: string) => void;
};

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How long something may take that only a change of leaders can be in the way of, on a machine that others use as well. */
const EVENTUALLY_MS = 60_000;

/** Tries again where a change of leaders or an earlier change is in the way. */
export async function eventually<T>(what: () => Promise<T>): Promise<T> {
  const end = performance.now() + EVENTUALLY_MS;
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (performance.now() > end) throw error;
      await wait(200);
    }
  }
}

/** The member that is meant. */
export async function memberOf({ cluster }: Stage, whom: Whom): Promise<string> {
  if (whom !== "leader") return cluster.at(whom);
  return (await leaderOf(cluster)) ?? cluster.at(0);
}

const id = z.string().transform((text) => BigInt(text).toString(16).padStart(16, "0"));
const status = z.object({ leader: id });

export async function leaderOf(cluster: Cluster): Promise<string | null> {
  for (const name of cluster.running) {
    try {
      const { leader } = await cluster.ask(name, async (client) => status.parse(await client.maintain("Status", {})));
      const known = cluster.nameOf(leader);
      if (known !== null && cluster.has(known)) return known;
    } catch {
      // This one does not answer: another may.
    }
  }
  return null;
}

const memberList = z.object({ members: z.array(z.object({ ID: z.string(), name: z.string() })) });

/** The id by which the API knows a member, null if there is none of that name. */
export async function apiId(client: EtcdClient, name: string): Promise<string | null> {
  const { members } = memberList.parse(await client.member("MemberList", {}));
  return members.find((member) => member.name === name)?.ID ?? null;
}

/** How a member may end, and what its last words have to say of it. */
export type Exit = { readonly code: number; readonly reason: RegExp };

/** A member has to have ended in one of these ways, which its documentation names. */
export function demandExit({ complain }: Stage, name: string, ending: Ending, exits: readonly Exit[]): void {
  if (exits.some(({ code, reason }) => ending.code === code && reason.test(ending.words))) return;
  const due = exits.map(({ code, reason }) => `exit code ${code} and ${String(reason)}`).join(" or ");
  complain(`${name} should have ended with ${due}, and ended ${textOf(ending)}`);
}
