/** Where the command prints: results to standard output, all else to standard error. */

import { stderr, stdout } from "node:process";
import { createColors } from "picocolors";
import type { Progress } from "../run.ts";

/** Off a terminal, how long to wait before the first line of progress, and between two. */
const LINE_INTERVAL_MS = 10_000;
/** On a terminal, how often the live line is drawn anew. */
const LIVE_INTERVAL_MS = 200;

export interface Console {
  /** Prints a line of the report. */
  report(line: string): void;
  /** Prints a line that is no result. */
  note(line: string): void;
  readonly colors: ReturnType<typeof createColors>;
  /** Shows how far the run named `title` has come. */
  progress(title: string, progress: Progress): void;
  /** Shows that line of progress, unless one was shown only just now. */
  progressLine(line: string): void;
  /** Takes the live line away. */
  clearProgress(): void;
}

/** @param machine whether standard output is for a machine, so that reports go to standard error too */
export function openConsole(machine: boolean): Console {
  const reports = machine ? stderr : stdout;
  const colors = createColors(reports.isTTY && process.env["NO_COLOR"] === undefined);
  const live = stderr.isTTY;
  let drawn = performance.now();
  let isDrawn = false;
  const clearProgress = (): void => {
    if (isDrawn) stderr.write("\r\u001b[K");
    isDrawn = false;
  };
  const progressLine = (line: string): void => {
    const now = performance.now();
    if (now - drawn < (live ? LIVE_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    drawn = now;
    stderr.write(live ? `\r\u001b[K${line.slice(0, stderr.columns - 1)}` : `${line}\n`);
    isDrawn = live;
  };
  return {
    report: (line) => {
      clearProgress();
      reports.write(`${line}\n`);
    },
    note: (line) => {
      clearProgress();
      stderr.write(`${line}\n`);
    },
    colors,
    progress: (title, progress) => {
      progressLine(`${title}  ${progressText(progress)}`);
    },
    progressLine,
    clearProgress,
  };
}

function progressText({ generated, distinct, queued, depth, seconds }: Progress): string {
  const rate = Math.round(generated / Math.max(seconds, 0.001));
  return `${count(generated)} generated, ${count(distinct)} distinct, ${count(queued)} queued, depth ${depth}, ${count(rate)}/s, ${seconds.toFixed(0)} s`;
}

/** An integer with separators between the thousands. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
