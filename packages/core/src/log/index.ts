/** The persistent log that total order broadcast protocols keep: plain canonical data, versions that share. */

export { changes, commonThrough } from "./common.ts";
export type { LogChanges } from "./common.ts";
export { append, dropThrough, emptyLog, entryAt, firstIndex, lastIndex, slice, truncateAfter } from "./log.ts";
export type { Log } from "./log.ts";
