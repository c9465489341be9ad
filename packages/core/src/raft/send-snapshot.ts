/** Sending a snapshot, a chunk at a time: the paper, section 7; Figure 13. */

import { invariant } from "../assert.ts";
import type { Send } from "../protocol.ts";
import { send } from "./effects.ts";
import type { InstallSnapshotReply } from "./messages.ts";
import { asSnapshot } from "./progress.ts";
import type { Progress, Raft, RaftConfig, RaftState } from "./types.ts";

/** What goes to one follower now, and what is known of the follower then. */
export type Sending = { readonly progress: Progress; readonly messages: readonly Send<Raft>[] };

/**
 * The chunk that the follower waits for. A follower that has not been sent a snapshot yet, or has been sent parts of one
 * that is no longer there, gets the first one.
 */
export function sendChunk(config: RaftConfig, state: RaftState, progress: Progress): Sending {
  const { snapshot } = state.durable;
  invariant(snapshot !== null, "a log that has forgotten entries has a snapshot of them", state.durable);
  const isUnderWay = progress.type === "snapshot" && progress.index === snapshot.index;
  const sending = isUnderWay ? progress : asSnapshot(progress, snapshot.index);
  const { chunk } = sending;
  const data = snapshot.chunks[chunk];
  invariant(data !== undefined, "a follower is sent the chunks that there are", { chunk, of: snapshot.chunks.length });
  const body = {
    type: "installSnapshot",
    lastIncludedIndex: snapshot.index,
    lastIncludedTerm: snapshot.term,
    configuration: snapshot.configuration,
    chunk,
    data,
    done: chunk === snapshot.chunks.length - 1,
  } as const;
  return { progress: sending, messages: [send(config, state, progress.node, body)] };
}

/** The follower wants another chunk than it was sent last. Of an answer that says so again, or too late, nothing comes. */
export function onWanted(
  config: RaftConfig,
  state: RaftState,
  progress: Progress,
  { lastIncludedIndex }: InstallSnapshotReply,
  chunk: number,
): Sending {
  const { snapshot } = state.durable;
  if (progress.type !== "snapshot" || snapshot === null) return { progress, messages: [] };
  if (lastIncludedIndex !== progress.index || lastIncludedIndex !== snapshot.index) return { progress, messages: [] };
  if (chunk === progress.chunk || chunk >= snapshot.chunks.length) return { progress, messages: [] };
  return sendChunk(config, state, { ...progress, chunk });
}
