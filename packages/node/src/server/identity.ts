/** Who a data directory belongs to, as it was decided when it was made: later starts go by this and not by their flags. */

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { clusterIdOf } from "../config/ids.ts";
import { memberSchema } from "../store/commands.ts";
import type { Member, MemberId } from "../store/types.ts";

const memberId = z.string().regex(/^[0-9a-f]{16}$/);

/** Who a data directory belongs to. */
export type Identity = {
  readonly version: 1;
  readonly protocol: string;
  readonly clusterId: string;
  readonly memberId: MemberId;
  /** The voters with which the cluster began, for one that was there; none for one that joined later. */
  readonly bootstrap: readonly MemberId[];
  /** The members that the cluster is begun with, as clients are told of them; those that are known, for one that joins. */
  readonly members: readonly Member[];
};

const identitySchema: z.ZodType<Identity> = z.strictObject({
  version: z.literal(1),
  protocol: z.string(),
  clusterId: memberId,
  memberId,
  bootstrap: z.array(memberId),
  members: z.array(memberSchema),
});

/** Thrown if a data directory can't be used. The message says what to do. */
export class IdentityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "IdentityError";
  }
}

const FILE = "member.json";

/** The identity in `directory`, or null if there is none yet. */
export function readIdentity(directory: string): Identity | null {
  const path = join(directory, FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new IdentityError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new IdentityError(
      `${path} is not JSON. Restore the data directory from a backup, or remove the member and add it anew.`,
    );
  }
  const read = identitySchema.safeParse(value);
  if (!read.success) {
    throw new IdentityError(
      `${path} is not what this version of quorate writes (${z.prettifyError(read.error)}). Use the version that made it.`,
    );
  }
  demandConsistent(read.data, path);
  return read.data;
}

/** The database knows the ids of cluster and member as well. The first voters stand here alone, and the cluster's id is theirs. */
function demandConsistent({ clusterId, memberId, bootstrap }: Identity, path: string): void {
  if (bootstrap.length === 0) return;
  if (clusterIdOf(bootstrap) === clusterId && bootstrap.includes(memberId)) return;
  throw new IdentityError(
    `${path} is damaged: the cluster ${clusterId} did not begin with ${bootstrap.join(", ")}. Restore the data directory ` +
      `from a backup, or remove the member and add it anew.`,
  );
}

/** Writes the identity such that after a crash it is there whole, or not at all. */
export function writeIdentity(directory: string, identity: Identity): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, FILE);
  const file = openSync(`${path}.new`, "w", 0o600);
  writeSync(file, `${JSON.stringify(identity, null, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
  const folder = openSync(directory, "r");
  fsyncSync(folder);
  closeSync(folder);
}
