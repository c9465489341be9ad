/**
 * The engine, made anew from its source. Compiled code learns the types that it meets, and is slower for each that it has
 * met before: an engine that has done nothing else is up to three times as fast as one that has run other specs. A thread
 * of its own would take most of a second to load everything; this takes a millisecond, once the source is bundled. See
 * docs/decisions/0024.
 */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { build } from "esbuild";
import type * as runner from "../run.ts";

/** What runs a spec, as src/run.ts exports it. */
export type Engine = Pick<typeof runner, "run" | "SubjectError">;

const require = createRequire(import.meta.url);

/** A name among the checker's own code, whose calls reports leave out of a stack. No such file is there. */
const FILENAME = fileURLToPath(new URL("../engine.cjs", import.meta.url));

/** Makes engines of which none knows what another one has met. */
export async function engineMaker(): Promise<() => Engine> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("../run.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    logLevel: "silent",
  });
  const source = bundle.outputFiles[0]?.text ?? "";
  const script = new Script(`(function (module, require) {${source}\n})`, { filename: FILENAME });
  return () => {
    const module: { exports: unknown } = { exports: {} };
    (script.runInThisContext() as (module: { exports: unknown }, require: NodeJS.Require) => void)(module, require);
    return module.exports as Engine;
  };
}
