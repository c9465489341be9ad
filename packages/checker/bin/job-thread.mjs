// A thread of the gate: like the command, it runs the TypeScript sources as they are.
import { register } from "tsx/esm/api";

register();
await import("../src/cli/job-thread.ts");
