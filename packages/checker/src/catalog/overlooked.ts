/**
 * What would be passed over in a folder of specs, without a word: a spec whose file has another name, a manifest or a list
 * of mutants that nobody reads for the same reason, and whatever a symbolic link leads to.
 */

import type { Dirent } from "node:fs";
import { statSync } from "node:fs";
import { join } from "node:path";
import { distance } from "fastest-levenshtein";

/** JSON files that have their place beside a spec, and are no manifest of it. */
const OTHER_JSON = /^(package|package-lock|tsconfig(\.\w+)?)\.json$/;

const DATA = /\.(jsonc?|json5|ya?ml)$/i;
const SCRIPT = /\.[cm]?[jt]s$/i;

/** What is wrong with the names in `folder`, each a sentence. */
export function overlookedIn(folder: string, entries: readonly Dirent[]): readonly string[] {
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  return [
    ...entries.flatMap((entry) => (entry.isSymbolicLink() ? linkFault(folder, entry.name) : [])),
    ...specFaults(folder, names),
    ...manifestFaults(folder, names),
    ...mutantsFaults(folder, names),
  ];
}

function linkFault(folder: string, name: string): readonly string[] {
  const link = join(folder, name);
  const target = statSync(link, { throwIfNoEntry: false });
  if (target === undefined) return [`${link} is a symbolic link to nothing.`];
  if (target.isDirectory()) {
    return [`${link} is a symbolic link, which is not followed. Put the folder itself there, or name it with --specs.`];
  }
  return name === "spec.ts"
    ? [`${link} is a symbolic link, which is not followed. Put the file itself there, and what it imports.`]
    : [];
}

function specFaults(folder: string, names: readonly string[]): readonly string[] {
  if (names.includes("spec.ts")) return [];
  const misnamed = names.filter((name) => SCRIPT.test(name) && isNearly(stem(name), "spec", 1));
  if (misnamed.length > 0) return misnamed.map((name) => misnaming(folder, name, "a spec", "spec.ts"));
  const orphans = names.filter((name) => name === "manifest.json" || name === "mutants.ts");
  return orphans.map((name) => `${join(folder, name)} belongs to no spec: there is no spec.ts beside it.`);
}

function manifestFaults(folder: string, names: readonly string[]): readonly string[] {
  if (!names.includes("spec.ts")) return [];
  const hasManifest = names.includes("manifest.json");
  const misnamed = names.filter((name) => {
    if (name === "manifest.json" || !DATA.test(name)) return false;
    // Beside a manifest, other data may lie about; without one, it is taken for the manifest.
    return hasManifest ? isNearly(stem(name), "manifest", 2) : !OTHER_JSON.test(name);
  });
  return misnamed.map((name) => misnaming(folder, name, "a manifest", "manifest.json"));
}

function mutantsFaults(folder: string, names: readonly string[]): readonly string[] {
  if (!names.includes("spec.ts")) return [];
  const misnamed = names.filter(
    (name) => name !== "mutants.ts" && SCRIPT.test(name) && isNearly(stem(name), "mutants", 1),
  );
  return misnamed.map((name) => misnaming(folder, name, "a list of mutants", "mutants.ts"));
}

function misnaming(folder: string, name: string, what: string, rightName: string): string {
  return `${join(folder, name)} looks like ${what}, and nobody reads it under that name. Call it ${rightName}; or, if it is something else, less like it.`;
}

/** A file's name without its extension, in small letters. */
function stem(name: string): string {
  return name.slice(0, name.lastIndexOf(".")).toLowerCase();
}

function isNearly(word: string, wanted: string, distanceMax: number): boolean {
  return distance(word, wanted) <= distanceMax;
}
