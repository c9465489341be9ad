/** A run's result, for people. */

import { fileURLToPath } from "node:url";
import type { Console } from "../cli/console.ts";
import { count } from "../cli/console.ts";
import type { ParameterValues, Spec } from "../spec.ts";
import { traceText } from "../trace/text.ts";
import type { LimitName } from "../engine/explorer.ts";
import type { RunResult } from "../run.ts";

/** More parameters than so many are too many to name those that are as they are by default. */
const PARAMETERS_NAMED = 4;

/** `spec:model (name=value, ...)`. */
export function titleOf(name: string, { parameters: known }: Spec, parameters: ParameterValues): string {
  const all = Object.entries(parameters);
  const named = all.length <= PARAMETERS_NAMED ? all : all.filter(([key, value]) => value !== known[key]?.default);
  const texts = named.map(([key, value]) => `${key}=${value}`);
  if (named.length < all.length) texts.push(named.length === 0 ? "all by default" : "others by default");
  return texts.length === 0 ? name : `${name} (${texts.join(", ")})`;
}

/** Prints what each property came to. */
export function reportProperties(console: Console, { properties }: RunResult): void {
  const { colors } = console;
  for (const { name, kind, verdict, trace } of properties) {
    const good = verdict === "holds" || verdict === "reached";
    const mark = good ? colors.green("ok") : verdict === "unknown" ? colors.yellow("??") : colors.red("NO");
    const states = trace?.length ?? 0;
    const length = verdict === "reached" ? ` in ${states} ${states === 1 ? "state" : "states"}` : "";
    console.report(`  ${mark}  ${kind.padEnd(9)} ${name}: ${verdict}${length}`);
  }
}

/** Prints the counterexample or the failure of a run that has one. */
export function reportTrace(console: Console, result: RunResult): void {
  const { colors } = console;
  const violated = result.properties.find(({ verdict }) => verdict === "violated");
  if (violated?.trace) {
    console.report(`\n${traceText(violated.trace)}\n`);
    const what = {
      always: `Property ${violated.name} does not hold in state ${violated.trace.length}.`,
      step: `Property ${violated.name} does not hold of the step to state ${violated.trace.length}.`,
      deadlock: `State ${violated.trace.length} is a deadlock: nothing can happen in it.`,
      sometimes: "",
    }[violated.kind];
    console.report(colors.red(colors.bold(what)));
  }
  if (result.failure !== null) {
    const { error, trace } = result.failure;
    if (trace.length > 0) console.report(`\n${traceText(trace)}\n`);
    const when = trace.length === 0 ? "At the start, " : "After these steps, ";
    console.report(colors.red(`${colors.bold(when)}${error.message}`));
    for (const line of placesOf(error.cause)) console.report(line);
    console.report("");
  }
  for (const { name, verdict } of result.properties) {
    if (verdict === "unreached")
      console.report(colors.red(`Property ${name} is never reached: no state satisfies it.`));
  }
}

/** The folder of the checker's own code, as stacks name it. */
const OWN_CODE = fileURLToPath(new URL("..", import.meta.url));
const PLACES_MAX = 4;

/** Where in the spec's or the protocol's code an error was thrown: its stack without the checker's own calls. */
function placesOf(cause: unknown): readonly string[] {
  if (!(cause instanceof Error)) return [];
  const calls = (cause.stack ?? "").split("\n").filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line));
  const theirs = calls.filter((line) => !line.includes(OWN_CODE) && !line.includes("node:internal"));
  return theirs.slice(0, PLACES_MAX);
}

/** Prints what each action did. */
export function reportActions(console: Console, { actions }: RunResult): void {
  const rows = actions.map(({ name, taken, found }) => [name, count(taken), count(found), count(taken - found)]);
  if (rows.length === 0) return;
  const header = ["action", "taken", "new states", "known states"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  console.report(console.colors.dim(`  ${line(header)}`));
  for (const [index, row] of rows.entries()) {
    const never = actions[index]?.taken === 0;
    console.report(`  ${never ? console.colors.yellow(`${line(row)}  never enabled`) : line(row)}`);
  }
}

/** Why a search is incomplete. */
const REASON: { readonly [limit in LimitName]: string } = {
  "max-states": "the search ended at its limit of states",
  "max-depth": "the search ended at its limit of depth",
  "time-limit": "the search ended at its limit of time",
  memory: "there was no memory for more states",
  interrupted: "the search was stopped",
};

/** Prints TLC's three lines, and above them what else there is to say of the counts. */
export function reportCounts(console: Console, result: RunResult): void {
  const {
    generated,
    distinct,
    queued,
    depth,
    collisionProbability: collision,
    seconds,
    calls,
    passedOver,
    limit,
  } = result;
  console.report(
    `  ${seconds.toFixed(2)} s, ${count(Math.round(generated / Math.max(seconds, 1e-3)))} transitions a second, ` +
      `${count(calls)} real calls of functions` +
      (passedOver > 0 ? `, ${count(passedOver)} transitions passed over` : ""),
  );
  console.report(
    `  chance of a fingerprint collision: ${probability(collision.optimistic)} calculated (optimistic), ` +
      `${probability(collision.actual)} from the fingerprints found`,
  );
  if (limit !== null) console.report(console.colors.yellow(`  Incomplete: ${REASON[limit]} (${limit}).`));
  const { average, least, most, percentile95 } = outdegree(result.outdegrees);
  console.report(`${generated} states generated, ${distinct} distinct states found, ${queued} states left on queue.`);
  console.report(`The depth of the ${isComplete(result) ? "complete " : ""}state graph search is ${depth}.`);
  console.report(
    `The average outdegree of the state graph is ${average.toFixed(2)} ` +
      `(minimum is ${least}, the maximum ${most} and the 95th percentile is ${percentile95}).`,
  );
}

function isComplete({ limit, failure, properties }: RunResult): boolean {
  return limit === null && failure === null && !properties.some(({ verdict }) => verdict === "violated");
}

function probability(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

function outdegree(histogram: readonly number[]): {
  readonly average: number;
  readonly least: number;
  readonly most: number;
  readonly percentile95: number;
} {
  const states = histogram.reduce((sum, states) => sum + (states ?? 0), 0);
  if (states === 0) return { average: 0, least: 0, most: 0, percentile95: 0 };
  let successors = 0;
  let seen = 0;
  let percentile95 = -1;
  for (let degree = 0; degree < histogram.length; degree++) {
    successors += degree * (histogram[degree] ?? 0);
    seen += histogram[degree] ?? 0;
    if (percentile95 < 0 && seen >= 0.95 * states) percentile95 = degree;
  }
  const least = histogram.findIndex((states) => (states ?? 0) > 0);
  return { average: successors / states, least, most: histogram.length - 1, percentile95 };
}
