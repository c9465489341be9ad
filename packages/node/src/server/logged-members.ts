/**
 * What a log says of members, before it is known how much of it is committed.
 *
 * A member that starts learns from its leader what is committed, and finds its leader by the list of members, which is as old
 * as the latest snapshot. A member that was added since would never be found; but its address is in the log, for it is there
 * before the configuration that it takes part in.
 */

import { isRecord } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { isCommand } from "../store/commands.ts";
import type { MemberId } from "../store/types.ts";

/** The commands that name addresses. */
const SPEAKING: readonly Plain[] = ["membersInit", "memberAdd", "memberUpdate"];

/** The latest address of each member, also of those that were removed: it may be that they were not. */
export function addressesIn(commands: readonly Plain[]): ReadonlyMap<MemberId, readonly string[]> {
  const addresses = new Map<MemberId, readonly string[]>();
  for (const command of commands) {
    // A log may have millions of others, and to look at one to its bottom takes as long as to read it.
    const speaks = isRecord(command) && SPEAKING.includes(command["type"] ?? null);
    if (!speaks || !isCommand(command)) continue;
    if (command.type === "membersInit") for (const { id, peerUrls } of command.members) addresses.set(id, peerUrls);
    if (command.type === "memberAdd") addresses.set(command.member.id, command.member.peerUrls);
    if (command.type === "memberUpdate") addresses.set(command.id, command.peerUrls);
  }
  return addresses;
}
