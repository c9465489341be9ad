/** `check list`: the specs, their models, parameters and bounds. */

import { findRoot, listSpecs, readManifest } from "../catalog/catalog.ts";
import { loadSpec } from "../catalog/load.ts";
import { rangeOf } from "../catalog/settings.ts";
import type { Manifest } from "../manifest.ts";
import type { Parameters } from "../spec.ts";
import { count, openConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";

export async function listCommand(options: { readonly specs?: string; readonly json?: true }): Promise<ExitCode> {
  const console = openConsole(false);
  for (const files of listSpecs(options.specs ?? findRoot("."))) {
    const { about, parameters } = await loadSpec(files);
    const manifest = readManifest(files);
    const models = manifest?.models ?? {};
    if (options.json === true) {
      const { name: spec } = files;
      process.stdout.write(`${JSON.stringify({ spec, about, source: manifest?.source, parameters, models })}\n`);
      continue;
    }
    console.report(`${console.colors.bold(files.name)}  ${about}`);
    listModels(console, models);
    listParameters(console, parameters);
    console.report("");
  }
  return EXIT.ok;
}

/** Each model with what it is, and below that its parameters and what it comes to. */
function listModels(console: Console, models: Manifest["models"]): void {
  const names = Object.keys(models);
  if (names.length > 0) console.report("  models");
  const width = Math.max(...names.map((name) => name.length));
  for (const [name, { about, parameters, gate, expect }] of Object.entries(models)) {
    console.report(`    ${name.padEnd(width)}  ${about}${gate ? "" : " (not in the gate)"}`);
    const settings = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
    const states = expect?.distinct === undefined ? [] : [`${count(expect.distinct)} states`];
    const broken = expect?.property === undefined ? [] : [`${expect.property} breaks`];
    const details = [settings.join(" ") || "all by default", ...states, ...broken];
    console.report(console.colors.dim(`    ${"".padEnd(width)}  ${details.join("; ")}`));
  }
}

/** Each parameter with its default, its range and what it is, in columns. */
function listParameters(console: Console, parameters: Parameters): void {
  const rows = Object.entries(parameters).map(([name, parameter]) => [
    name,
    String(parameter.default),
    rangeOf(parameter),
    parameter.about,
  ]);
  if (rows.length > 0) console.report("  parameters, with their defaults and ranges");
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    console.report(`    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`);
}
