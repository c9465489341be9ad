/**
 * The state as chunks of plain data, and back.
 *
 * The first chunk, the manifest, holds what is small and how each tree stands on its leaves. Each other chunk is what a
 * leaf of a tree keeps its entries in: not a copy, but that very value. So a snapshot costs nearly no memory, and of two
 * snapshots of one store those chunks are identical (`===`) in between which nothing was changed: what has been written
 * to a disk need not be written again.
 */

import { InvariantViolation } from "@quorate/core";
import type { Plain } from "@quorate/core";
import { isAlarmType, isMembers } from "./commands.ts";
import { byAttachment, byKey, byLease, byRevision, byVersion } from "./orders.ts";
import type { Attachment, Change, Lease, Past } from "./orders.ts";
import { hasFields, isBytes, isCount, isGrantedLeaseId, isLeaseId, isList, isListOf, isMemberId } from "./plain.ts";
import { isOneOf, isPositive } from "./plain.ts";
import type { Check } from "./plain.ts";
import type { StoreState } from "./state.ts";
import type { Order, Tree } from "./tree/node.ts";
import { partsOf, treeOf } from "./tree/shape.ts";
import type { Shape } from "./tree/shape.ts";
import type { KeyValue } from "./types.ts";

/** The form of chunks that this version writes and reads. */
const FORMAT = 2;

type TreeManifest = { readonly leaves: number; readonly shape: Shape };

/** In the order of the chunks. */
const TREES = ["current", "history", "changes", "leases", "attachments"] as const;
type TreeName = (typeof TREES)[number];

type Manifest = Omit<StoreState, TreeName> & {
  readonly format: typeof FORMAT;
  readonly trees: { readonly [N in TreeName]: TreeManifest };
};

export function toChunks({ current, history, changes, leases, attachments, ...small }: StoreState): readonly Plain[] {
  const parts = {
    current: partsOf(current),
    history: partsOf(history),
    changes: partsOf(changes),
    leases: partsOf(leases),
    attachments: partsOf(attachments),
  };
  const manifestOf = (name: TreeName): TreeManifest => ({
    leaves: parts[name].leaves.length,
    shape: parts[name].shape,
  });
  const manifest: Manifest = {
    ...small,
    format: FORMAT,
    trees: {
      current: manifestOf("current"),
      history: manifestOf("history"),
      changes: manifestOf("changes"),
      leases: manifestOf("leases"),
      attachments: manifestOf("attachments"),
    },
  };
  return [manifest, ...TREES.flatMap((name) => parts[name].leaves.map(({ runs }) => runs))];
}

/** @throws InvariantViolation if the chunks are not those of a store */
export function fromChunks(chunks: readonly Plain[]): StoreState {
  const [manifest] = chunks;
  if (manifest === undefined || !isManifest(manifest)) {
    throw new InvariantViolation(`a snapshot of a store begins with a manifest of format ${FORMAT}; this one does not`);
  }
  const { format: _, trees, ...small } = manifest;
  const wanted = TREES.reduce((sum, name) => sum + trees[name].leaves, 1);
  if (wanted !== chunks.length) {
    throw new InvariantViolation(`the manifest of a snapshot tells of ${wanted} chunks; here are ${chunks.length}`);
  }
  let end = 1;
  const built = <T extends Plain, K>(name: TreeName, order: Order<T, K>, isEntry: IsEntry<T>): Tree<T, K> => {
    const from = end;
    end += trees[name].leaves;
    const leaves = chunks.slice(from, end).map((chunk, at) => runsOf(isEntry, chunk, from + at, name));
    return treeOf(order, leaves, trees[name].shape);
  };
  const { isKeyValue, isPast, isChange } = entriesUpTo(small.revision);
  // In the order of TREES.
  const current = built("current", byKey, isKeyValue);
  const history = built("history", byVersion, isPast);
  const changes = built("changes", byRevision, isChange);
  const leases = built("leases", byLease, isLease);
  const attachments = built("attachments", byAttachment, isAttachment);
  return { ...small, current, history, changes, leases, attachments };
}

type IsEntry<T extends Plain> = (value: Plain) => value is T;

function runsOf<T extends Plain>(
  isEntry: IsEntry<T>,
  chunk: Plain,
  at: number,
  name: TreeName,
): readonly (readonly T[])[] {
  const isRun = (run: Plain): run is readonly T[] => isList(run) && run.every(isEntry);
  if (isList(chunk) && chunk.every(isRun)) return chunk;
  throw new InvariantViolation(`chunk ${at} of a snapshot holds entries of the tree "${name}"; this one holds others`);
}

const shapeFields = hasFields({ leaves: isCount, shape: isListOf(isListOf(isPositive)) });
const manifestFields = hasFields({
  format: isOneOf(FORMAT),
  revision: isPositive,
  compacted: (value) => value === -1 || isCount(value),
  grants: isCount,
  lessorTerm: isCount,
  members: isMembers,
  removedMembers: isListOf(isMemberId),
  alarms: isListOf(hasFields({ member: isMemberId, alarm: isAlarmType })),
  trees: hasFields(Object.fromEntries(TREES.map((name) => [name, shapeFields]))),
});

function isManifest(value: Plain): value is Manifest {
  return manifestFields(value);
}

/** The entries that there can be when `last` is the newest revision. */
function entriesUpTo(last: number): {
  readonly isKeyValue: IsEntry<KeyValue>;
  readonly isPast: IsEntry<Past>;
  readonly isChange: IsEntry<Change>;
} {
  const isRevision: Check = (value) => isPositive(value) && typeof value === "number" && value <= last;
  const kv = hasFields({
    key: isBytes,
    value: isBytes,
    createRevision: isRevision,
    modRevision: isRevision,
    version: isPositive,
    lease: isLeaseId,
  });
  const past = hasFields({ kv, until: isRevision });
  const change = hasFields({
    revision: isRevision,
    sub: isCount,
    type: isOneOf("put", "delete"),
    key: isBytes,
    replaced: isCount,
  });
  return {
    isKeyValue: (value): value is KeyValue => kv(value),
    isPast: (value): value is Past => past(value),
    isChange: (value): value is Change => change(value),
  };
}

const leaseFields = hasFields({ id: isGrantedLeaseId, ttl: isCount, grant: isPositive });
const attachmentFields = hasFields({ lease: isGrantedLeaseId, key: isBytes });

function isLease(value: Plain): value is Lease {
  return leaseFields(value);
}

function isAttachment(value: Plain): value is Attachment {
  return attachmentFields(value);
}
