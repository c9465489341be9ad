/** How a member comes to know who it is: from its data directory, from its flags, or from the cluster that it joins. */

import type { Plain } from "@quorate/core";
import { clusterIdOf, memberIdOf } from "../config/ids.ts";
import type { InitialMember, NodeOptions } from "../config/options.ts";
import type { Member } from "../store/types.ts";
import type { Identity } from "./identity.ts";
import { answers } from "./member-words.ts";

/** The member can't be started with these flags. The message says which, and how to mend it. */
export class BootstrapError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BootstrapError";
  }
}

type BootstrapOptions = Pick<
  NodeOptions,
  "name" | "dataDir" | "protocol" | "token" | "initialCluster" | "initialClusterState" | "advertisePeerUrls"
>;

/** Asks a member of the cluster at these addresses. */
export type AskCluster = (urls: readonly string[], question: Plain) => Promise<Plain>;

/** The identity of a member that starts for the first time. */
export async function newIdentity(options: BootstrapOptions, ask: AskCluster): Promise<Identity> {
  if (options.initialClusterState === "existing") return await joinCluster(options, ask);
  const identity = foundCluster(options);
  await demandUnknown(identity, options, ask);
  return identity;
}

/**
 * A member that the others have heard of before must not begin anew: what it has promised and acknowledged was in the
 * directory that it no longer has. Whoever can't be asked, as nobody can where all begin together, says nothing against it.
 *
 * @throws BootstrapError if it has served this cluster before
 */
async function demandUnknown(
  { clusterId, memberId }: Identity,
  { initialCluster, name, dataDir }: BootstrapOptions,
  ask: AskCluster,
): Promise<void> {
  const others = initialCluster.filter((member) => member.name !== name);
  const answered = await Promise.allSettled(
    others.map(async ({ peerUrls }) => answers.cluster(await ask(peerUrls, { type: "cluster" }))),
  );
  for (const answer of answered) {
    if (answer.status === "rejected" || answer.value.clusterId !== clusterId) continue;
    // Where its clients reach it the others know only from itself.
    const hasServed = answer.value.members.some(({ id, clientUrls }) => id === memberId && clientUrls.length > 0);
    if (!hasServed) continue;
    throw new BootstrapError(
      `The member ${name} (${memberId}) has served this cluster before, and ${dataDir} has nothing of it. A member that ` +
        `forgets what it has acknowledged can lose the cluster's data: restore the directory, or remove the member ` +
        `(member remove), add it again (member add), and start it with --initial-cluster-state existing.`,
    );
  }
}

/**
 * The identity of a member of a cluster that begins with `initialCluster`.
 *
 * @throws BootstrapError if it is none of them
 */
export function foundCluster({
  initialCluster,
  name,
  token,
  protocol,
}: Pick<NodeOptions, "initialCluster" | "name" | "token" | "protocol">): Identity {
  const members = initialCluster.map((member) => memberOf(member, token));
  const own = members.find((member) => member.name === name);
  if (own === undefined) {
    throw new BootstrapError(`--name is ${name}, which --initial-cluster does not name: ${namesOf(initialCluster)}.`);
  }
  const ids = members.map(({ id }) => id);
  return { version: 1, protocol, clusterId: clusterIdOf(ids), memberId: own.id, bootstrap: ids, members };
}

function memberOf({ name, peerUrls }: InitialMember, token: string): Member {
  return { id: memberIdOf(peerUrls, token), name, peerUrls, clientUrls: [], isLearner: false };
}

async function joinCluster(options: BootstrapOptions, ask: AskCluster): Promise<Identity> {
  const { initialCluster, advertisePeerUrls, name, protocol } = options;
  const others = initialCluster.filter((member) => member.name !== name);
  if (others.length === 0) {
    throw new BootstrapError("--initial-cluster names no other member. To join a cluster, name those that are there.");
  }
  const complaints: string[] = [];
  for (const { peerUrls, name: asked } of others) {
    try {
      const cluster = answers.cluster(await ask(peerUrls, { type: "cluster" }));
      const own = cluster.members.find(({ peerUrls: urls }) => isSameSet(urls, advertisePeerUrls));
      if (own === undefined) {
        complaints.push(`${asked} knows of no member at ${advertisePeerUrls.join(", ")}: add it first (member add)`);
        continue;
      }
      if (cluster.protocol !== protocol)
        throw new Error(`it runs ${cluster.protocol}: give --protocol ${cluster.protocol}`);
      return {
        version: 1,
        protocol,
        clusterId: cluster.clusterId,
        memberId: own.id,
        bootstrap: [],
        members: cluster.members,
      };
    } catch (error) {
      complaints.push(`${asked}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new BootstrapError(`The cluster could not be joined. ${complaints.join("; ")}.`);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function namesOf(members: readonly InitialMember[]): string {
  return members.map(({ name }) => name).join(", ");
}
