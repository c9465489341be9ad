/** `check list`: the specs, their models, parameters and bounds. */

import { findRoot, listSpecs, readManifest } from "../catalog/catalog.ts";
import { loadSpec } from "../catalog/load.ts";
import { describeParameter } from "../catalog/settings.ts";
import { count, openConsole } from "./console.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";

export async function listCommand(options: { readonly specs?: string; readonly json?: true }): Promise<ExitCode> {
  const console = openConsole(false);
  const { colors } = console;
  for (const files of listSpecs(options.specs ?? findRoot("."))) {
    const { about, parameters } = await loadSpec(files);
    const manifest = readManifest(files);
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ spec: files.name, about, source: manifest?.source, parameters, models: manifest?.models ?? {} })}\n`);
      continue;
    }
    console.report(`${colors.bold(files.name)}  ${about}`);
    for (const [name, { about: aboutModel, parameters: values, gate, expect }] of Object.entries(manifest?.models ?? {})) {
      const settings = Object.entries(values).map(([key, value]) => `${key}=${value}`);
      const states = expect?.distinct === undefined ? "" : `, ${count(expect.distinct)} states`;
      console.report(`  :${name}${gate ? "" : "  (not in the gate)"}  ${aboutModel}  ${colors.dim(`[${settings.join(" ")}${states}]`)}`);
    }
    for (const [name, parameter] of Object.entries(parameters)) console.report(`  --set ${describeParameter(name, parameter)}`);
    console.report("");
  }
  return EXIT.ok;
}
