/** The files of a trace: FILE, FILE.1, FILE.2 and so on, in the order of time. None is ever renamed or removed. */

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { TRACE_FORMAT } from "@quorate/core/trace";
import { z } from "zod";

/** A header is a line, and has to fit in here with the configuration of the protocol. */
const HEADER_BYTES = 1024 * 1024;

/** The file can't be written to as a trace. */
export class TraceFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TraceFileError";
  }
}

const header = z.object({
  type: z.literal("header"),
  format: z.literal(TRACE_FORMAT),
  node: z.string(),
  cluster: z.string(),
  protocol: z.string(),
  life: z.int().positive(),
});

export type Whose = { readonly node: string; readonly cluster: string; readonly protocol: string };

/** Where a trace is to be continued: the number of the next file, and of the next life. */
export type Continuation = { readonly index: number; readonly life: number };

export function partPath(file: string, index: number): string {
  return index === 0 ? file : `${file}.${index}`;
}

/**
 * Looks at what there is of the trace `file` already.
 *
 * @throws TraceFileError if that is no trace, or another node's
 */
export function continuationOf(file: string, whose: Whose): Continuation {
  const indexes = indexesOf(file);
  const index = (indexes[0] ?? -1) + 1;
  for (const at of indexes) {
    const path = partPath(file, at);
    const line = firstLine(path);
    // The node was killed before it had written anything.
    if (line === null) continue;
    return { index, life: lifeOf(path, line, whose) + 1 };
  }
  return { index, life: 1 };
}

function lifeOf(path: string, line: string, whose: Whose): number {
  const found = header.safeParse(jsonOf(line));
  if (!found.success) {
    throw new TraceFileError(`${path} is there, and is no trace of this version. Give --trace another file.`);
  }
  const { life, ...of } = found.data;
  for (const field of ["node", "cluster", "protocol"] as const) {
    if (of[field] === whose[field]) continue;
    throw new TraceFileError(
      `${path} is the trace of a node whose ${field} is ${of[field]}, and not ${whose[field]}. Give --trace another file.`,
    );
  }
  return life;
}

/** The numbers of the files that are there, the highest first. */
function indexesOf(file: string): readonly number[] {
  const name = basename(file);
  const indexes = readdirSync(dirname(file)).flatMap((entry) => {
    if (entry === name) return [0];
    const suffix = entry.startsWith(`${name}.`) ? entry.slice(name.length + 1) : "";
    return /^[1-9]\d{0,8}$/.test(suffix) ? [Number(suffix)] : [];
  });
  return indexes.sort((a, b) => b - a);
}

/** The first line of a file, or null if it has no whole one. */
function firstLine(path: string): string | null {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const length = readSync(descriptor, bytes, 0, HEADER_BYTES, 0);
    const end = bytes.subarray(0, length).indexOf("\n");
    if (end !== -1) return bytes.toString("utf8", 0, end);
    return length === HEADER_BYTES ? bytes.toString("utf8") : null;
  } finally {
    closeSync(descriptor);
  }
}

/** What a line is as JSON; undefined if it is none. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
