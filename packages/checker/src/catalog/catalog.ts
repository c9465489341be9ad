/** Finds specs: folders below a root that hold a `spec.ts`, named by their path from it. */

import type { Dirent } from "node:fs";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { EXIT, UserError } from "../cli/exit.ts";
import { parseManifest } from "../manifest.ts";
import type { Manifest } from "../manifest.ts";
import { explainManifestError } from "./explain.ts";
import { overlookedIn } from "./overlooked.ts";

/** How the name of a file ends that can hold a spec. */
const SCRIPT = /\.[cm]?[jt]s$/;

/** A spec's files. Nothing of it is loaded yet. */
export interface SpecFiles {
  /** As on the command line: `paxos/single-decree`, or the path of a user's own file. */
  readonly name: string;
  /** The absolute path of the file whose default export is the spec. */
  readonly specFile: string;
  readonly manifestFile: string;
  /** Holds the spec's mutants, where it has any. */
  readonly mutantsFile: string;
}

/** The folder in which specs are looked for: `specs`, here or in the nearest folder above that has one. */
export function findRoot(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const candidate = join(folder, "specs");
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) {
      throw new UserError(
        EXIT.load,
        `There is no folder named specs in ${resolve(from)} or above it. ` +
          "Name the folder that holds your specs with --specs, or run one file by its path: check run ./my-spec.ts",
      );
    }
  }
}

/** What there is below a root: specs by name, and what would be passed over, by the name that its folder has or would have. */
interface Listing {
  readonly specs: readonly SpecFiles[];
  readonly overlooked: readonly { readonly name: string; readonly fault: string }[];
}

/**
 * All specs below `root`, by name.
 *
 * @throws UserError if something there would be passed over
 */
export function listSpecs(root: string): readonly SpecFiles[] {
  const { specs, overlooked } = listing(root);
  rejectOverlooked(overlooked.map(({ fault }) => fault));
  return specs;
}

function listing(root: string): Listing {
  if (!existsSync(root)) throw new UserError(EXIT.load, `There is no folder ${root}.`);
  const specs: SpecFiles[] = [];
  const overlooked: { readonly name: string; readonly fault: string }[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = entriesOf(folder);
    const name = relative(root, folder).split(sep).join("/");
    for (const entry of entries) {
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      if (entry.isFile() && entry.name === "spec.ts") specs.push(filesOf(name, join(folder, entry.name)));
    }
    overlooked.push(...overlookedIn(folder, entries).map((fault) => ({ name, fault })));
  }
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
  return { specs: specs.sort(byName), overlooked: overlooked.sort(byName) };
}

/** What is in a folder, but for installed packages. */
function entriesOf(folder: string): readonly Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== "node_modules");
}

function rejectOverlooked(faults: readonly string[]): void {
  if (faults.length > 0) throw new UserError(EXIT.load, faults.join("\n  "));
}

/** What a word of the command line selects: one spec or all specs of a folder, and one of its models or none named. */
export interface Selection {
  readonly files: SpecFiles;
  readonly model: string | null;
}

/**
 * Reads `<spec>[:<model>]`, where the spec is a name, a folder of names, or the path of a file.
 *
 * @throws UserError if there is no such spec, with the names that are most like it
 */
export function select(word: string, root: () => string): readonly Selection[] {
  const colon = word.lastIndexOf(":");
  const [name, model] = colon > 0 ? [word.slice(0, colon), word.slice(colon + 1)] : [word, null];
  if (isPath(name)) return [{ files: fileAt(name), model }];
  const { specs, overlooked } = listing(root());
  const exact = specs.filter((spec) => spec.name === name);
  const found = exact.length > 0 ? exact : specs.filter((spec) => spec.name.startsWith(`${name}/`));
  // Only what is amiss in the part that is asked for is in the way.
  const amiss = overlooked.filter((other) => other.name === name || other.name.startsWith(`${name}/`));
  rejectOverlooked(amiss.map(({ fault }) => fault));
  if (found.length === 0) throw new UserError(EXIT.load, `There is no spec ${name}.${suggestion(name, specs)}`);
  if (model !== null && found.length > 1) {
    const names = found.map((spec) => spec.name).join(", ");
    throw new UserError(EXIT.usage, `${word} names a model of several specs at once (${names}); name one spec.`);
  }
  return found.map((files) => ({ files, model }));
}

/** Reads a spec's manifest; null if it has none. */
export function readManifest({ manifestFile }: SpecFiles): Manifest | null {
  if (!existsSync(manifestFile)) return null;
  try {
    return parseManifest(readFileSync(manifestFile, "utf8"));
  } catch (error) {
    throw new UserError(EXIT.load, `${manifestFile} can't be used: ${explainManifestError(error)}`);
  }
}

/** The nearest of `candidates` to `word`, as a sentence to append, or nothing if none is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return "";
  const nearest = closest(word, [...candidates]);
  return distance(word, nearest) <= Math.max(2, word.length / 3) ? ` Did you mean ${nearest}?` : "";
}

function suggestion(name: string, specs: readonly SpecFiles[]): string {
  const names = specs.map((spec) => spec.name);
  const leaves = new Map(names.map((full) => [full.split("/").at(-1) ?? full, full]));
  const folders = names.map((full) => full.slice(0, full.lastIndexOf("/"))).filter((folder) => folder !== "");
  const near = didYouMean(name, [...names, ...folders, ...leaves.keys()]);
  const leaf = near.slice(" Did you mean ".length, -1);
  const full = leaves.get(leaf) ?? leaf;
  return near === "" ? " `check list` shows the specs." : ` Did you mean ${full}? \`check list\` shows them all.`;
}

/** Whether a word of the command line is the path of a file or a folder, and not a name. */
export function isPath(name: string): boolean {
  return /^\.{0,2}[/\\]|^\.{1,2}$/.test(name) || SCRIPT.test(name);
}

function fileAt(path: string): SpecFiles {
  const place = resolve(path);
  if (!existsSync(place))
    throw new UserError(EXIT.load, `There is no ${SCRIPT.test(path) ? "file" : "folder"} ${path}.`);
  if (SCRIPT.test(path)) return filesOf(path, place);
  rejectOverlooked(overlookedIn(path, entriesOf(place)));
  const specFile = join(place, "spec.ts");
  if (existsSync(specFile)) return filesOf(path, specFile);
  throw new UserError(
    EXIT.load,
    `The folder ${path} holds no spec.ts. A folder of several specs is named with --specs.`,
  );
}

function filesOf(name: string, specFile: string): SpecFiles {
  const folder = dirname(specFile);
  return {
    name,
    specFile,
    manifestFile: specFile.endsWith(`${sep}spec.ts`)
      ? join(folder, "manifest.json")
      : specFile.replace(SCRIPT, ".manifest.json"),
    mutantsFile: join(folder, "mutants.ts"),
  };
}
