import type { Log, Plain } from "@quorate/core";

/** What stands for the log up to where it begins, in pieces that are written once each. */
export type SnapshotParts = { readonly head: Plain; readonly chunks: readonly Plain[] };

/** The parts of a durable state. */
export type Parts = {
  /** What is small and changes often: it is written anew with every change. */
  readonly head: Plain;
  readonly log: Log<Plain>;
  readonly snapshot: SnapshotParts | null;
};

/**
 * How a protocol's durable state is laid out on disk. D is opaque to storage.
 *
 * What two states share should be shared by their parts: entries of the log and chunks of the snapshot that are the same
 * in memory are not written again.
 */
export type Layout<D> = {
  /** For example `"raft/1"`: changes with the format. */
  readonly format: string;
  /** Earlier formats that `join` reads as well. A directory of one of them becomes one of `format` when it is opened. */
  readonly earlierFormats: readonly string[];
  split(durable: D): Parts;
  /**
   * The inverse, of what was read back and is what was written.
   *
   * @throws Error if that is no durable state
   */
  join(parts: Parts): D;
};
