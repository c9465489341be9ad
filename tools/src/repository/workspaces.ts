import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** One package of the monorepo. */
export type Workspace = {
  /** The package's name, such as `@quorate/core`. */
  readonly name: string;
  /** Its folder relative to the root, with forward slashes, such as `packages/core`. */
  readonly folder: string;
};

const rootManifest = z.object({ workspaces: z.array(z.string()) });
const packageManifest = z.object({ name: z.string() });

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** The workspaces that the root package.json lists, which names each folder in full. */
export const workspaces = (root: string): readonly Workspace[] =>
  rootManifest.parse(readJson(join(root, "package.json"))).workspaces.map((folder) => ({
    name: packageManifest.parse(readJson(join(root, folder, "package.json"))).name,
    folder,
  }));

const isSource = (name: string): boolean => /\.[cm]?[jt]s$/.test(name);
const isForeign = (name: string): boolean => name === "node_modules" || name.startsWith(".");

/** The TypeScript and JavaScript files under a folder, relative to the root, with forward slashes, sorted. */
export function sourceFiles(root: string, folder: string): readonly string[] {
  const files: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (isForeign(entry.name)) continue;
    if (entry.isDirectory()) files.push(...sourceFiles(root, path));
    else if (isSource(entry.name)) files.push(path);
  }
  return files.sort();
}
