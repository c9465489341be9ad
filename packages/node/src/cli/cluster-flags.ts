/** The words behind `quorate cluster`. */

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { z } from "zod";
import type { ExitCode } from "./exit.ts";

const options = z.object({
  size: z.number(),
  dataDir: z.string(),
  basePort: z.number(),
  logs: z.boolean().default(false),
  trace: z.boolean().default(false),
});

export function addClusterCommand(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("cluster")
    .description("run a whole cluster on this machine, to try it out, until Ctrl-C")
    .option("--size <n>", "how many members", members, 3)
    .option("--data-dir <folder>", "where they keep their data; it is used again by the next start", "quorate-cluster")
    .option(
      "--base-port <port>",
      "the first member's client port; its peers' is the next, the next member's 10 more",
      port,
      2379,
    )
    .option("--logs", "show what the members log")
    .option("--trace", "have each member write a trace into its data directory, for `check trace`")
    .argument("[flags...]", "flags of quorate serve for every member, after --")
    .addHelpText(
      "after",
      `
Examples:
  quorate cluster
  quorate cluster --size 5 --logs
  quorate cluster -- --heartbeat-interval 50 --election-timeout 500`,
    )
    .action(async (flags: readonly string[], _options, command: Command) => {
      const { clusterCommand } = await import("./cluster-command.ts");
      finish(await clusterCommand({ ...options.parse(command.opts()), flags }));
    });
}

const SIZE_MAX = 9;

function members(text: string): number {
  const size = Number(text);
  if (!/^\d$/.test(text) || size < 1) throw new InvalidArgumentError(`It must be a number from 1 to ${SIZE_MAX}.`);
  return size;
}

/** Low enough for the ports of the last member. */
function port(text: string): number {
  const number = Number(text);
  const max = 65_535 - 10 * SIZE_MAX;
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > max) {
    throw new InvalidArgumentError(`It must be a port from 1 to ${max}.`);
  }
  return number;
}
