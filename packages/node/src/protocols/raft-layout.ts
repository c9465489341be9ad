/** How Raft's durable state lies on the disk. */

import { log, nodeId } from "@quorate/core";
import type { Log, Plain, RaftDurable, RaftEntry } from "@quorate/core";
import { z } from "zod";
import type { Layout } from "../storage/index.ts";
import { configuration, entry, isCommandEntry } from "./raft-messages.ts";

const natural = z.number().int().nonnegative();
const head = z.strictObject({ term: natural, votedFor: z.string().nullable() });
const snapshotHead = z.strictObject({
  index: natural.positive(),
  term: natural.positive(),
  configuration: configuration.nullable(),
});

/**
 * Looks at each entry once. A log that holds entries alone is one of entries.
 *
 * @throws Error where it holds something else
 */
function readLog(read: Log<Plain>): Log<RaftEntry> {
  const entries = log.slice(read, log.firstIndex(read), log.lastIndex(read)).map(readEntry);
  return log.append(log.emptyLog<RaftEntry>(read.before), entries);
}

/** What nearly all entries are is seen without zod, which makes a copy of each: a log may have millions. */
function readEntry(of: Plain): RaftEntry {
  return isCommandEntry(of) ? of : entry.parse(of);
}

export const raftLayout: Layout<RaftDurable> = {
  // In the third, commands may be requests through sessions, which a version that knows the second alone would pass over.
  format: "raft/3",
  earlierFormats: ["raft/2"],

  split({ term, votedFor, log: entries, snapshot }) {
    if (snapshot === null) return { head: { term, votedFor }, log: entries, snapshot: null };
    const { chunks, ...rest } = snapshot;
    return { head: { term, votedFor }, log: entries, snapshot: { head: rest, chunks } };
  },

  join({ head: headPart, log: entries, snapshot }) {
    const { term, votedFor } = head.parse(headPart);
    return {
      term,
      votedFor: votedFor === null ? null : nodeId(votedFor),
      log: readLog(entries),
      snapshot: snapshot === null ? null : { ...snapshotHead.parse(snapshot.head), chunks: snapshot.chunks },
    };
  },
};
