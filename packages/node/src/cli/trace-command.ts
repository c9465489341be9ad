/** `quorate trace`: what a trace holds, file by file. Whether it is right, `check trace` says. */

import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { partPath } from "../trace/parts.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { table } from "./table.ts";

/** What is looked at of a record; the rest is `check trace`'s business. */
const record = z.object({
  type: z.string(),
  node: z.string().optional(),
  protocol: z.string().optional(),
  life: z.number().optional(),
  reason: z.string().optional(),
  error: z.string().nullable().optional(),
  input: z.object({ type: z.string() }).optional(),
});
type TraceRecord = z.infer<typeof record>;

type Part = {
  readonly file: string;
  node: string;
  protocol: string;
  life: number;
  readonly counts: Map<string, number>;
  end: string;
};

export async function traceCommand(file: string, isJson: boolean): Promise<ExitCode> {
  const parts: Part[] = [];
  for (let index = 0; index === 0 || existsSync(partPath(file, index)); index++) {
    parts.push(await read(partPath(file, index)));
  }
  if (isJson) {
    const rows = parts.map(({ counts, ...part }) => ({ ...part, ...Object.fromEntries(counts) }));
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return EXIT.ok;
  }
  const [first] = parts;
  process.stdout.write(`Member ${first?.node ?? "?"}, protocol ${first?.protocol ?? "?"}\n`);
  const rows = parts.map((part) => [part.file, String(part.life), ...COLUMNS.map((of) => countOf(part, of)), part.end]);
  process.stdout.write(`${table(["FILE", "LIFE", ...COLUMNS.map((of) => of.toUpperCase()), "END"], rows)}\n`);
  process.stdout.write(
    `Give the traces of all members to \`check trace\` to hold them against core and the properties.\n`,
  );
  return EXIT.ok;
}

const COLUMNS = ["receive", "timeout", "request", "persisted", "flushed", "left"] as const;

function countOf({ counts }: Part, name: string): string {
  return String(counts.get(name) ?? 0);
}

async function read(file: string): Promise<Part> {
  const part: Part = {
    file,
    node: "",
    protocol: "",
    life: 0,
    counts: new Map(),
    end: "cut off: the member was killed, or still runs",
  };
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      number += 1;
      const parsed = parse(line);
      // The last line of a member that was killed may be torn; any other is no line of a trace.
      if (parsed === null && number === 1)
        throw new UserError(EXIT.data, `${file} is no trace: its first line is no header.`);
      if (parsed !== null) note(part, parsed);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(EXIT.data, `${file} can't be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (part.node === "") throw new UserError(EXIT.data, `${file} is no trace: its first line is no header.`);
  return part;
}

function parse(line: string): TraceRecord | null {
  try {
    return record.parse(JSON.parse(line));
  } catch {
    // Said by the caller, who knows which line it is.
    return null;
  }
}

function note(part: Part, { type, node, protocol, life, reason, error, input }: TraceRecord): void {
  if (type === "header") {
    part.node = node ?? "";
    part.protocol = protocol ?? "";
    part.life = life ?? 0;
    return;
  }
  if (type === "end") part.end = [reason, error].filter((word) => typeof word === "string").join(": ");
  const name = type === "step" ? (input?.type ?? type) : type;
  part.counts.set(name, (part.counts.get(name) ?? 0) + 1);
}
