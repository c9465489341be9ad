/** A line of the log as people read it. */

import pc from "picocolors";
import { z } from "zod";

const schema = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().default("") });

const COLOURS: ReadonlyMap<string, (text: string) => string> = new Map([
  ["debug", pc.dim],
  ["info", pc.green],
  ["warn", pc.yellow],
  ["error", pc.red],
  ["fatal", pc.red],
]);

/** `12:30:01.250 INFO  connected to a peer  peer=a isConnected=true`. What is no line of the log comes back as it is. */
export function prettyLine(line: string): string {
  const text = line.trimEnd();
  const read = schema.safeParse(jsonOf(text));
  if (!read.success) return text;
  const { level, time, msg, member: _, ...details } = read.data;
  const colour = COLOURS.get(level) ?? String;
  const clock = /T([\d:.]+)/.exec(time)?.[1] ?? time;
  const rest = Object.entries(details).map(([name, value]) => pc.dim(`${name}=${shown(value)}`));
  return [pc.dim(clock), colour(level.toUpperCase().padEnd(5)), msg, rest.join(" ")].join(" ").trimEnd();
}

function shown(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is a line of somebody else's, such as a warning of Node's.
    return null;
  }
}
