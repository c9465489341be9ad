#!/usr/bin/env node
// The command runs the TypeScript sources as they are; tsx also loads the users' own specs.
import { register } from "tsx/esm/api";

// Whoever reads the output has seen enough, as in `| head`: the command ends as other commands do then.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(128 + 13);
});

register();
await import("../src/cli/main.ts");
