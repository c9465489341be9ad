import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "./problem.ts";
import { workspaces } from "./workspaces.ts";

/** Reports workspaces that nothing introduces. */
export const readmes = (root: string): readonly Problem[] =>
  workspaces(root)
    .filter(({ folder }) => !existsSync(join(root, folder, "README.md")))
    .map(({ name, folder }) => ({ file: `${folder}/README.md`, message: `${name} has no README` }));
