import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const FOLDERS = { core: "packages/core", checker: "packages/checker", specs: "specs", tools: "tools" };

/** Writes files into a new folder that is removed when the test ends, and returns the folder. */
export function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "quorate-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** As {@link plant}, in a monorepo that has the real one's workspaces and nothing in them. */
export function plantInMonorepo(files: Readonly<Record<string, string>>): string {
  const manifests = Object.entries(FOLDERS).map(([name, folder]) => [
    `${folder}/package.json`,
    JSON.stringify({ name: `@quorate/${name}` }),
  ]);
  return plant({
    "package.json": JSON.stringify({ workspaces: Object.values(FOLDERS) }),
    ...Object.fromEntries(manifests),
    ...files,
  });
}
