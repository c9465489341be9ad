/**
 * The ids that members and clusters have. Each member computes them by itself from the same flags, as etcd does
 * (`computeMemberId` in server/etcdserver/api/membership/member.go and `genID` in cluster.go, github etcd-io/etcd): a
 * cluster of the same flags has the same ids under both.
 */

import { createHash } from "node:crypto";
import type { MemberId } from "../store/types.ts";

/** The first 64 bits of a hash, in 16 hexadecimal digits. */
function idOf(content: string | Buffer): string {
  return createHash("sha1").update(content).digest("hex").slice(0, 16);
}

/**
 * The id of the member that its peers reach at `peerUrls`. One that is added to a running cluster has the time of that
 * besides, in whole seconds of Unix: a member that was removed and is added again is another member.
 */
export function memberIdOf(peerUrls: readonly string[], token: string, addedAtSeconds: number | null = null): MemberId {
  const time = addedAtSeconds === null ? "" : String(Math.floor(addedAtSeconds));
  return idOf([...peerUrls].sort().join("") + token + time);
}

/** The id of the cluster that begins with `members`. The token is in their ids. */
export function clusterIdOf(members: readonly MemberId[]): string {
  return idOf(Buffer.from([...members].sort().join(""), "hex"));
}
