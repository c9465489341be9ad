/**
 * A data directory made of a snapshot: each member of a new cluster begins with the same data, and with members of its own
 * instead of those that the snapshot knows.
 */

import type { Signature } from "@quorate/core";
import type { NodeOptions } from "../config/options.ts";
import { protocols } from "../protocols/index.ts";
import type { Runnable } from "../protocols/index.ts";
import { openStorage } from "../storage/index.ts";
import { lessorTermOf, membersOf, storeMachine } from "../store/index.ts";
import type { StoreState } from "../store/state.ts";
import type { Member, StoreCommand } from "../store/types.ts";
import { BootstrapError, foundCluster } from "./bootstrap.ts";
import { readIdentity, writeIdentity } from "./identity.ts";
import type { Identity } from "./identity.ts";

/** What a member is restored as. */
export type RestoreOptions = Pick<NodeOptions, "name" | "dataDir" | "protocol" | "initialCluster" | "token">;

/**
 * Makes the data directory of the member `options.name` of `store`.
 *
 * @throws BootstrapError, IdentityError or StorageError (by rejection) if there is one already, or it can't be made
 */
export async function restoreMember(store: StoreState, options: RestoreOptions): Promise<Identity> {
  const protocol = protocols.get(options.protocol);
  if (protocol === undefined) throw new BootstrapError(`There is no protocol ${options.protocol}.`);
  if (readIdentity(options.dataDir) !== null) {
    throw new BootstrapError(`${options.dataDir} belongs to a member already. Give a directory that is not there yet.`);
  }
  const identity = foundCluster(options);
  await protocol((runnable) => write(runnable, withMembers(store, identity.members), options, identity));
  writeIdentity(options.dataDir, identity);
  return identity;
}

async function write<S extends Signature>(
  runnable: Runnable<S>,
  store: StoreState,
  { dataDir }: RestoreOptions,
  { clusterId, memberId }: Identity,
): Promise<void> {
  const storage = await openStorage({
    directory: dataDir,
    identity: { clusterId, memberId },
    layout: runnable.layout,
    sync: true,
  });
  try {
    if (storage.durable !== null) {
      throw new BootstrapError(`${dataDir} has data already. Give a directory that is not there yet.`);
    }
    // A leader watches over leases from its term on, which has to be above that of the leader before.
    await storage.write(runnable.restored(storeMachine.toChunks(store), lessorTermOf(store)));
  } finally {
    await storage.close();
  }
}

/** The data with other members. */
function withMembers(store: StoreState, members: readonly Member[]): StoreState {
  const commands: readonly StoreCommand[] = [
    ...membersOf(store).map(({ id }): StoreCommand => ({ type: "memberRemove", id })),
    { type: "membersInit", members },
  ];
  return commands.reduce((state, command) => storeMachine.apply(state, command, 0).state, store);
}
