/** `check replay`: a saved counterexample, run again through today's code. */

import { existsSync, readFileSync } from "node:fs";
import { explainManifestError } from "../catalog/explain.ts";
import { findRoot, select } from "../catalog/catalog.ts";
import { loadMutants, loadSpec } from "../catalog/load.ts";
import { setting } from "../catalog/settings.ts";
import { loadMutantSpec } from "../mutants/load-mutant.ts";
import type { Spec } from "../spec.ts";
import { systemOf } from "../subject.ts";
import { fromItf } from "../trace/itf.ts";
import type { TraceOrigin } from "../trace/itf.ts";
import { replay } from "../trace/replay.ts";
import { traceText } from "../trace/text.ts";
import { openConsole } from "./console.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { buildSpec } from "./run-spec.ts";

export async function replayCommand(file: string, options: { readonly specs?: string }): Promise<ExitCode> {
  const console = openConsole(false);
  const { origin, trace } = readTrace(file);
  const spec = await loadOrigin(origin, options.specs);
  const { parameters } = setting(spec, null, origin.spec, origin.parameters);
  const result = replay(systemOf(buildSpec(origin.spec, spec, parameters)), trace, origin);
  if (result.trace.length > 0) console.report(`${traceText(result.trace)}\n`);
  const whose = `${origin.spec}${origin.mutant === undefined ? "" : ` with mutant ${origin.mutant}`}`;
  switch (result.verdict) {
    case "violated":
      console.report(console.colors.red(`${origin.property} of ${whose} still breaks at the end of this trace.`));
      return origin.kind === "deadlock" ? EXIT.deadlock : EXIT.safety;
    case "holds":
      console.report(console.colors.green(`${origin.property} of ${whose} holds at the end of this trace today.`));
      return EXIT.ok;
    case "diverged":
      console.report(console.colors.yellow(`This trace is none of ${whose} any more: ${result.reason}`));
      return EXIT.expectation;
  }
}

function readTrace(file: string): ReturnType<typeof fromItf> {
  if (!existsSync(file)) throw new UserError(EXIT.load, `There is no file ${file}.`);
  try {
    return fromItf(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new UserError(EXIT.load, `${file} is no trace that check has saved: ${explainManifestError(error)}`);
  }
}

/** The spec that a trace is of, with the mutant that it is of. */
async function loadOrigin({ spec, mutant }: TraceOrigin, specs: string | undefined): Promise<Spec> {
  const [selection] = select(spec, () => specs ?? findRoot("."));
  if (selection === undefined) throw new UserError(EXIT.load, `There is no spec ${spec}.`);
  if (mutant === undefined) return loadSpec(selection.files);
  const found = (await loadMutants(selection.files)).find(({ id }) => id === mutant);
  if (found === undefined) throw new UserError(EXIT.load, `${spec} has no mutant ${mutant} any more.`);
  return loadMutantSpec(selection.files, found);
}
