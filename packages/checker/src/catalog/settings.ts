/** From what the command line asks of a spec to the runs to make: parameters checked, expectations found. */

import { EXIT, UserError } from "../cli/exit.ts";
import type { ExitCode } from "../cli/exit.ts";
import type { Expectation, Manifest } from "../manifest.ts";
import type { Parameter, ParameterValue, ParameterValues, Spec } from "../spec.ts";
import { didYouMean } from "./catalog.ts";

/** One run to make: a spec with all its parameters, and what it must come to if that is known. */
export interface Setting {
  /** The model's name in the manifest; `custom` for parameters that no model has. */
  readonly model: string;
  readonly parameters: ParameterValues;
  readonly expect: Expectation | null;
}

/** The name of a setting that is no model of the manifest. */
const CUSTOM = "custom";

/** All models of the manifest that `check` runs as the gate. A spec without a manifest has one, with the defaults. */
export function gateSettings(spec: Spec, manifest: Manifest | null, name: string): readonly Setting[] {
  if (manifest === null) return [setting(spec, null, name, {})];
  const gate = Object.entries(manifest.models).filter(([, model]) => model.gate);
  if (gate.length === 0) {
    throw new UserError(
      EXIT.load,
      `${name} has no model in the gate: its manifest must say "gate": true of one at least, so that it is not passed over.`,
    );
  }
  return gate.map(([model]) => modelSetting(spec, manifest, name, model));
}

/** One model of the manifest. */
export function modelSetting(spec: Spec, manifest: Manifest | null, name: string, model: string): Setting {
  const found = own(manifest?.models ?? {}, model);
  if (found === undefined) {
    const models = Object.keys(manifest?.models ?? {});
    const known = models.length === 0 ? "It has no manifest with models." : `Its models are ${models.join(", ")}.`;
    throw new UserError(EXIT.load, `${name} has no model ${model}.${didYouMean(model, models)} ${known}`);
  }
  const parameters = complete(spec, `${name}:${model}`, found.parameters);
  return { model, parameters, expect: found.expect ?? null };
}

/** The settings that differ from `base` by what `--set` gives; a model of the manifest if they are one's. */
export function setting(spec: Spec, manifest: Manifest | null, name: string, values: ParameterValues): Setting {
  const parameters = complete(spec, name, values);
  for (const [model, { parameters: given, expect }] of Object.entries(manifest?.models ?? {})) {
    const same = complete(spec, `${name}:${model}`, given);
    if (Object.keys(parameters).every((key) => parameters[key] === same[key])) {
      return { model, parameters, expect: expect ?? null };
    }
  }
  return { model: CUSTOM, parameters, expect: null };
}

/**
 * Reads the words of `--set`, each `name=value`.
 *
 * @throws UserError with the parameters and their ranges if one is wrong
 */
export function readAssignments(spec: Spec, name: string, words: readonly string[]): ParameterValues {
  return Object.fromEntries(
    words.map((word): [string, ParameterValue] => {
      const [, key, text] = /^([^=]+)=(.*)$/.exec(word) ?? [];
      if (key === undefined || text === undefined)
        reject(EXIT.usage, spec, name, `--set ${word} is not of the form name=value`);
      const parameter = own(spec.parameters, key);
      if (parameter === undefined) {
        reject(EXIT.usage, spec, name, `there is no parameter ${key}`, didYouMean(key, Object.keys(spec.parameters)));
      }
      const value = parse(parameter, text);
      if (value === null) reject(EXIT.usage, spec, name, `${key} can't be ${text === "" ? "empty" : text}`);
      return [key, value];
    }),
  );
}

/** A parameter's name, range, default and meaning on one line. */
function describeParameter(name: string, parameter: Parameter): string {
  return `${name} = ${parameter.default} (${rangeOf(parameter)}): ${parameter.about}`;
}

/** The values that a parameter can have. */
export function rangeOf(parameter: Parameter): string {
  switch (parameter.kind) {
    case "integer":
      return `${parameter.min} to ${parameter.max}`;
    case "choice":
      return parameter.choices.join(" | ");
    case "flag":
      return "true | false";
  }
}

/** What a record holds itself, under a name that a user wrote. */
function own<T>(record: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** All of a spec's parameters, where a manifest, a mutant or a trace gives some. */
function complete(spec: Spec, name: string, given: ParameterValues): ParameterValues {
  for (const [key, value] of Object.entries(given)) {
    const parameter = own(spec.parameters, key);
    if (parameter === undefined) reject(EXIT.load, spec, name, `there is no parameter ${key}`);
    if (parse(parameter, String(value)) !== value) reject(EXIT.load, spec, name, `${key} can't be ${value}`);
  }
  const defaults = Object.entries(spec.parameters).map(([key, parameter]) => [key, parameter.default] as const);
  return { ...Object.fromEntries(defaults), ...given };
}

function parse(parameter: Parameter, text: string): ParameterValue | null {
  switch (parameter.kind) {
    case "integer": {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= parameter.min && value <= parameter.max ? value : null;
    }
    case "choice":
      return parameter.choices.includes(text) ? text : null;
    case "flag":
      return text === "true" ? true : text === "false" ? false : null;
  }
}

function reject(exitCode: ExitCode, spec: Spec, name: string, what: string, advice = ""): never {
  const parameters = Object.entries(spec.parameters).map(
    ([key, parameter]) => `\n  ${describeParameter(key, parameter)}`,
  );
  const known = parameters.length === 0 ? " It has no parameters." : ` Its parameters are:${parameters.join("")}`;
  throw new UserError(exitCode, `${name}: ${what}.${advice}${known}`);
}
