/** `check trace`: what running nodes have written, against core and the properties. */

import { findRoot } from "../catalog/catalog.ts";
import { findTraceSpec } from "../catalog/trace-specs.ts";
import { checkTraces } from "../trace/nodes/check.ts";
import type { TraceResult } from "../trace/nodes/check.ts";
import { TraceError } from "../trace/nodes/deviation.ts";
import { nodeFiles } from "../trace/nodes/files.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { interruption } from "./interruption.ts";

export type TraceOptions = { readonly specs?: string; readonly json?: true };

export async function traceCommand(words: readonly string[], options: TraceOptions): Promise<ExitCode> {
  const console = openConsole(options.json === true);
  try {
    const nodes = nodeFiles(words);
    const protocol = nodes[0]?.files[0]?.header.protocol ?? "";
    const spec = await findTraceSpec(options.specs ?? findRoot("."), protocol);
    const signal = interruption();
    const onProgress: Parameters<typeof checkTraces>[2] = ({ steps, messages, seconds }) => {
      const rate = Math.round(steps / Math.max(seconds, 0.001));
      console.progressLine(`${count(steps)} steps, ${count(messages)} messages, ${count(rate)} steps/s`);
    };
    const result = await checkTraces(nodes, spec, onProgress, signal);
    console.clearProgress();
    report(console, protocol, result);
    if (options.json === true) process.stdout.write(`${traceJson(protocol, result)}\n`);
    return exitCodeOf(result);
  } catch (error) {
    console.clearProgress();
    if (error instanceof TraceError) throw new UserError(EXIT.load, error.message);
    throw error;
  }
}

function exitCodeOf({ verdict, deviation }: TraceResult): ExitCode {
  switch (verdict) {
    case "holds":
      return EXIT.ok;
    case "incomplete":
    case "interrupted":
      return EXIT.incomplete;
    case "violated":
      // As a saved trace that the code no longer has: what ran is not this code.
      return deviation?.kind === "code" ? EXIT.expectation : EXIT.safety;
  }
}

function report(console: Console, protocol: string, result: TraceResult): void {
  const { colors } = console;
  const { deviation, nodes, notes, properties } = result;
  const steps = nodes.reduce((sum, node) => sum + node.steps, 0);
  const lives = nodes.reduce((sum, node) => sum + node.lives, 0);
  console.report(
    colors.bold(
      `${protocol}: ${count(nodes.length)} nodes, ${count(lives)} lives, ${count(steps)} steps, ` +
        `${count(notes.messages)} messages, ${count(Math.round(steps / Math.max(result.seconds, 0.001)))} steps/s`,
    ),
  );
  for (const line of noteLines(result)) console.report(`  ${line}`);
  if (deviation !== null) {
    console.report(colors.red(`  ${deviation.rule}: ${deviation.message}`));
    return;
  }
  console.report(`  held: ${properties.join(", ")}`);
  switch (result.verdict) {
    case "holds":
      console.report(colors.green("  Every step is core's, every message was sent, and every property holds."));
      break;
    case "incomplete":
      console.report(colors.yellow("  Nothing is wrong with what is here; the traces of the other nodes are missing."));
      break;
    case "interrupted":
      console.report(colors.yellow("  Stopped; nothing was wrong so far."));
      break;
    case "violated":
      break;
  }
}

/** What could not be looked at, counted. */
function noteLines({ nodes, notes, skipped }: TraceResult): readonly string[] {
  const sum = (of: (node: TraceResult["nodes"][number]) => number): number => {
    return nodes.reduce((total, node) => total + of(node), 0);
  };
  const partial = nodes.filter(({ isPartial }) => isPartial).map(({ node }) => node);
  const lines: readonly (readonly [number, string])[] = [
    [sum(({ torn }) => torn), "lives whose log ends before they did"],
    [notes.sentAfterTear, "messages sent after the log's torn end"],
    [sum(({ begunAfterTear }) => begunAfterTear), "lives that begin with a disk from after the log's torn end"],
    [notes.fromUnknown, "messages from nodes whose logs are not here"],
    [notes.sentBefore, "messages sent before the sender's log begins"],
    [sum(({ unseen }) => unseen), "effects of steps from before the log begins"],
  ];
  return [
    ...lines.filter(([number]) => number > 0).map(([number, what]) => `${what}: ${count(number)}`),
    ...(partial.length === 0 ? [] : [`nodes whose log does not begin with them: ${partial.join(", ")}`]),
    ...(skipped.length === 0 ? [] : [`not asked, since the logs don't tell all: ${skipped.join(", ")}`]),
  ];
}

function traceJson(protocol: string, result: TraceResult): string {
  const { deviation, verdict, properties, skipped, nodes, notes, seconds } = result;
  const found =
    deviation === null
      ? null
      : { kind: deviation.kind, rule: deviation.rule, ...deviation.place, reason: deviation.reason };
  return JSON.stringify({ protocol, verdict, deviation: found, properties, skipped, nodes, notes, seconds });
}
