/** The log of a member: a JSON object a line, or on a terminal a line that people read. */

import { isatty } from "node:tty";
import pino from "pino";
import type { DestinationStream } from "pino";
import type { LogLevel } from "../config/options.ts";
import { prettyLine } from "./pretty.ts";

type Write = (details: object, message: string) => void;

export type NodeLog = {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
};

export type LogOptions = {
  readonly level: LogLevel;
  /** `stderr`, `stdout`, or paths of files, which grow. */
  readonly outputs: readonly string[];
  /** In every line. */
  readonly member: string;
};

/** What clients keep in the store, and what lets somebody in, is in no log, whatever a line was given. */
const SECRETS: ReadonlySet<string> = new Set([
  "key",
  "keys",
  "value",
  "values",
  "kv",
  "kvs",
  "prevKv",
  "rangeEnd",
  "command",
  "commands",
  "privateKey",
  "pem",
  "password",
  "authorization",
]);

/** @throws Error if a file can't be written to */
export function createLogger({ level, outputs, member }: LogOptions): NodeLog {
  const streams = outputs.map((output) => ({ level, stream: streamOf(output) }));
  const logger = pino(
    {
      level,
      base: { member },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: censored },
    },
    pino.multistream(streams, { dedupe: false }),
  );
  const write =
    (of: LogLevel): Write =>
    (details, message) => {
      logger[of](details, message);
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    fatal: write("fatal"),
  };
}

/** pino's own redaction knows paths of a given depth, and secrets may lie at any. */
function censored(details: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, SECRETS.has(name) ? "[hidden]" : censoredValue(value)]),
  );
}

function censoredValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(censoredValue);
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return typeof value === "object" && value !== null ? censored(value) : value;
}

/** Synchronous, so that the last lines before an exit are not lost. */
function streamOf(output: string): DestinationStream {
  const descriptor = output === "stderr" ? 2 : output === "stdout" ? 1 : null;
  if (descriptor === null) return pino.destination({ dest: output, sync: true, append: true });
  const destination = pino.destination({ dest: descriptor, sync: true });
  if (!isatty(descriptor)) return destination;
  return { write: (line) => void destination.write(`${prettyLine(line)}\n`) };
}
