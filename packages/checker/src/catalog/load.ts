/** Loads specs and mutants: TypeScript as it stands, by path, with nothing built. */

import { pathToFileURL } from "node:url";
import { EXIT, UserError } from "../cli/exit.ts";
import type { Mutant } from "../mutants/mutant.ts";
import { isMutant } from "../mutants/mutant.ts";
import type { Spec } from "../spec.ts";
import type { SpecFiles } from "./catalog.ts";

/** The spec that is the default export of its file. */
export async function loadSpec({ specFile }: SpecFiles): Promise<Spec> {
  return asSpec(specFile, await importDefault(specFile));
}

/** Takes a default export for a spec. @throws UserError if it is none */
export function asSpec(file: string, value: unknown): Spec {
  if (isRecord(value) && value["kind"] === "spec") return value as unknown as Spec;
  const found = value === undefined ? "no default export" : "a default export that is something else";
  throw new UserError(
    EXIT.load,
    `${file} is no spec: it has ${found}. A spec ends in \`export default spec({ ... })\`.`,
  );
}

/** The mutants of a spec, which has some where it has a file for them. */
export async function loadMutants({ mutantsFile }: SpecFiles): Promise<readonly Mutant[]> {
  const value = await importDefault(mutantsFile);
  if (!Array.isArray(value) || !value.every(isMutant)) {
    throw new UserError(EXIT.load, `${mutantsFile} must end in \`export default mutants([ ... ])\`.`);
  }
  if (value.length === 0) {
    throw new UserError(EXIT.load, `${mutantsFile} lists no mutant. Without mutants, a spec needs no such file.`);
  }
  const twice = value.find(({ id }, index) => value.findIndex((other) => other.id === id) < index);
  if (twice !== undefined) throw new UserError(EXIT.load, `${mutantsFile} has two mutants with the id ${twice.id}.`);
  return value;
}

/** The default export of a file. @throws UserError if it cannot be loaded */
export async function importDefault(file: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return loaded.default;
  } catch (error) {
    throw new UserError(EXIT.load, `${file} can't be loaded: ${loadingReason(error, file)}`);
  }
}

/** Why an import failed; where a package is missing, how to get it. */
function loadingReason(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  if (/Cannot find package '@quorate\//.test(error.message)) {
    return `${error.message.split("\n")[0]}. A spec outside this workspace needs @quorate/checker among its own dependencies; or move it below the workspace.`;
  }
  const place = error.stack?.split("\n").find((line) => line.includes(file));
  return `${error.name}: ${error.message}${place === undefined ? "" : `\n  ${place.trim()}`}`;
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null;
}
