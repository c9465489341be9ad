/** Loads a spec with one edit made to the source, in memory: no file is changed, and nothing else is mutated. */

import { readFile } from "node:fs/promises";
import { dirname, extname, relative, resolve } from "node:path";
import { build } from "esbuild";
import type { Loader, Plugin } from "esbuild";
import { asSpec } from "../catalog/load.ts";
import type { SpecFiles } from "../catalog/catalog.ts";
import { EXIT, UserError } from "../cli/exit.ts";
import type { Spec } from "../spec.ts";
import type { Mutant } from "./mutant.ts";

/**
 * The spec as it is with the mutant's edit.
 *
 * @throws UserError if the edit does not apply exactly once, or to nothing that the spec loads
 */
export async function loadMutantSpec(files: SpecFiles, mutant: Mutant): Promise<Spec> {
  const edited = resolve(dirname(files.mutantsFile), mutant.file);
  const edit = new Edit(edited, mutant);
  const bundle = await build({
    entryPoints: [files.specFile],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    logLevel: "silent",
    plugins: [edit.plugin()],
  }).catch((error: unknown) => {
    throw edit.fault ?? unusable(mutant, error);
  });
  if (edit.fault !== null) throw edit.fault;
  if (!edit.applied) {
    throw new UserError(EXIT.expectation, `Mutant ${mutant.id}: ${files.name} never loads ${relative(".", edited)}.`);
  }
  const text = Buffer.from(bundle.outputFiles[0]?.contents ?? []).toString("base64");
  const loaded = await importText(text).catch((error: unknown) => {
    throw unusable(mutant, error);
  });
  return asSpec(files.specFile, loaded.default);
}

function importText(base64: string): Promise<{ readonly default?: unknown }> {
  return import(`data:text/javascript;base64,${base64}`) as Promise<{ readonly default?: unknown }>;
}

/** The edit applies, and what it makes of the source is no code that loads. */
function unusable({ id }: Mutant, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(EXIT.expectation, `Mutant ${id} can't be loaded with its edit: ${reason}`);
}

/** One edit of one file, while it is bundled. */
class Edit {
  applied = false;
  fault: UserError | null = null;
  readonly #file: string;
  readonly #mutant: Mutant;

  constructor(file: string, mutant: Mutant) {
    this.#file = file;
    this.#mutant = mutant;
  }

  plugin(): Plugin {
    return {
      name: "mutant",
      setup: (bundler) => {
        bundler.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
          if (path !== this.#file) return undefined;
          return { contents: this.#applyTo(await readFile(path, "utf8")), loader: extname(path).slice(1) as Loader };
        });
      },
    };
  }

  #applyTo(source: string): string {
    const { id, find, replace } = this.#mutant;
    const times = source.split(find).length - 1;
    if (times !== 1) {
      const found = times === 0 ? "is not there any more" : `is there ${times} times`;
      const file = relative(".", this.#file);
      this.fault = new UserError(
        EXIT.expectation,
        `Mutant ${id} no longer applies: the text that it edits in ${file} ${found}:\n${find}`,
      );
      throw this.fault;
    }
    this.applied = true;
    return source.replace(find, () => replace);
  }
}
