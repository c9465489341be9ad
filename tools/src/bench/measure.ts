/**
 * One measurement, in a process of its own so that neither memory nor warm code is shared: explores a spec with the
 * engine or with the naive explorer, and prints what it took as JSON.
 */

import { argv, resourceUsage, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { run } from "@quorate/checker";
import type { Spec } from "@quorate/checker";
import { naiveCluster, naiveExplore, naiveModel } from "@quorate/checker/naive";
import type { Measurement } from "./measurement.ts";

const [explorer, file = "", parameters = "{}"] = argv.slice(2);
const { default: spec } = (await import(pathToFileURL(file).href)) as { readonly default: Spec };
const defaults = Object.entries(spec.parameters).map(([name, parameter]) => [name, parameter.default] as const);
const subject = spec.build({ ...Object.fromEntries(defaults), ...(JSON.parse(parameters) as Record<string, number>) });

const before = resourceUsage().maxRSS;
const started = performance.now();
stdout.write(`${JSON.stringify(explorer === "naive" ? measureNaive() : await measureEngine())}\n`);

async function measureEngine(): Promise<Measurement> {
  const { distinct, generated, depth, verdict, memory, calls } = await run(subject);
  return { distinct, generated, depth, verdict, calls, ...cost(), ...memory };
}

function measureNaive(): Measurement {
  const { distinct, generated, depth, violated } =
    subject.kind === "cluster" ? naiveExplore(naiveCluster(subject)) : naiveExplore(naiveModel(subject));
  const verdict = violated === null ? "holds" : "violated";
  return { distinct, generated, depth, verdict, ...cost() };
}

function cost(): Pick<Measurement, "seconds" | "peakBytes" | "startBytes"> {
  const seconds = (performance.now() - started) / 1000;
  return { seconds, peakBytes: resourceUsage().maxRSS * 1024, startBytes: before * 1024 };
}
