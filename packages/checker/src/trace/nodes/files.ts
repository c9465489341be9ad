/** The files of traces, by node and in the order in which they were written. */

import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { NodeId } from "@quorate/core";
import type { HeaderRecord, TraceRecord } from "@quorate/core/trace";
import { explainManifestError } from "../../catalog/explain.ts";
import { TraceError } from "./deviation.ts";
import { linesOf } from "./lines.ts";
import { traceRecord } from "./schema.ts";

export type TraceFile = { readonly path: string; readonly header: HeaderRecord };

/** A node's files. */
export type NodeFiles = {
  readonly node: NodeId;
  readonly files: readonly TraceFile[];
  /** Whether the node has also lived without a trace of it: it was killed before a line of its file was whole. */
  readonly hasLostLife: boolean;
};

/** A record with its place. */
export type Located = { readonly record: TraceRecord; readonly path: string; readonly line: number };

/**
 * All files that the words of the command line stand for: each, and with `FILE` also `FILE.1`, `FILE.2` and so on.
 *
 * @throws TraceError if one is missing or no trace, or if there are gaps between them
 */
export function nodeFiles(words: readonly string[]): readonly NodeFiles[] {
  const paths = [...new Set(words.flatMap(withParts))];
  const byNode = new Map<NodeId, TraceFile[]>();
  const lost = new Set<string>();
  for (const path of paths) {
    const header = headerOf(path);
    if (header === null) {
      lost.add(stemOf(path));
      continue;
    }
    const files = byNode.get(header.node) ?? [];
    files.push({ path, header });
    byNode.set(header.node, files);
  }
  const all = [...byNode].map(([node, files]) => {
    const hasLostLife = files.some(({ path }) => lost.has(stemOf(path)));
    return { node, files: files.sort(byTime), hasLostLife };
  });
  for (const { node, files } of all) demandWithoutGaps(node, files);
  demandAlike(all.flatMap(({ files }) => files));
  return all.sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** The records of a file, header included. A last line that is not whole is left out: the node was killed as it wrote it. */
export function* recordsOf(path: string): Generator<Located> {
  for (const { text, number, isWhole } of linesOf(path)) {
    if (!isWhole) return;
    yield { record: parseRecord(path, number, text), path, line: number };
  }
}

/** Longer than a last record that says that all is well. */
const TAIL_BYTES = 4096;

/** Whether the file ends with the word that the node stopped there. */
export function isClosed(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(TAIL_BYTES, size));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString().split("\n");
    const last = traceRecord.safeParse(jsonOf(lines.at(-2) ?? ""));
    return lines.at(-1) === "" && last.success && last.data.type === "end" && last.data.reason === "closed";
  } finally {
    closeSync(descriptor);
  }
}

/** What a text is in JSON; undefined if it is a piece of something. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withParts(word: string): readonly string[] {
  if (!existsSync(word)) throw new TraceError(`There is no file ${word}.`);
  const name = basename(word);
  const parts = readdirSync(dirname(word)).filter((entry) => {
    return entry.startsWith(`${name}.`) && /^[1-9]\d*$/.test(entry.slice(name.length + 1));
  });
  return [word, ...parts.map((part) => join(dirname(word), part))];
}

/** What the files of one node have in common: `FILE` of `FILE.1`. */
function stemOf(path: string): string {
  return path.replace(/\.[1-9]\d*$/, "");
}

/** Null of a file without a whole line. */
function headerOf(path: string): HeaderRecord | null {
  for (const { record } of recordsOf(path)) {
    if (record.type === "header") return record;
    throw new TraceError(`${path} is no trace: it does not begin with a header. A node writes one with --trace.`);
  }
  return null;
}

function parseRecord(path: string, line: number, text: string): TraceRecord {
  try {
    return traceRecord.parse(JSON.parse(text));
  } catch (error) {
    throw new TraceError(`${path} line ${line} is no record of a trace: ${explainManifestError(error)}`);
  }
}

function byTime({ header: a }: TraceFile, { header: b }: TraceFile): number {
  return a.life - b.life || a.part - b.part;
}

function demandWithoutGaps(node: NodeId, files: readonly TraceFile[]): void {
  for (const [at, { path, header }] of files.entries()) {
    const before = files[at - 1];
    if (before === undefined) continue;
    const { life, part } = before.header;
    if (header.life === life && header.part === part + 1) continue;
    if (header.life === life + 1 && header.part === 1) continue;
    const [one, other] = [before.header, header].map((of) => `life ${of.life}, part ${of.part}`);
    throw new TraceError(
      `Of node ${node}, ${before.path} is ${one}, and ${path} is ${other}: those in between are missing, or one is there twice.`,
    );
  }
}

function demandAlike(files: readonly TraceFile[]): void {
  for (const field of ["protocol", "cluster"] as const) {
    const [first, ...others] = files;
    const odd = others.find(({ header }) => header[field] !== first?.header[field]);
    if (odd === undefined || first === undefined) continue;
    throw new TraceError(
      `${first.path} is of ${field} ${first.header[field]}, and ${odd.path} of ${odd.header[field]}: they belong to different runs.`,
    );
  }
}
