/** The command line: words to calls, errors to exit codes. */

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { didYouMean } from "../catalog/catalog.ts";
import { EvaluationError, ImpureError } from "../values/purity.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { gateCommand } from "./gate-command.ts";
import { listCommand } from "./list-command.ts";
import { mutantsCommand } from "./mutants-command.ts";
import type { MutantsOptions } from "./mutants-command.ts";
import { replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import type { RunOptions } from "./run-command.ts";
import { traceCommand } from "./trace-command.ts";
import type { TraceOptions } from "./trace-command.ts";

const EXIT_CODES = `
Exit codes:
  0 all hold            10 not as expected     11 deadlock          12 safety violation
  2 a limit was hit     64 wrong usage         75 a function of the spec threw or is not pure
  150 a spec could not be loaded               153 system error`;

const program = new Command("check")
  .description("Explores every state of bounded models of protocols, and holds their properties against each.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "check:")) })
  .showHelpAfterError("(check --help shows the commands, with examples)")
  .configureHelp({ showGlobalOptions: true })
  .helpCommand("help [command]", "show what a command takes")
  .addOption(new Option("--specs <folder>", "where the specs are (default: the folder specs, here or above)"))
  .addHelpText(
    "after",
    `
Examples:
  check                                              the gate: every spec's models, every mutant
  check list                                         what there is to run
  check run paxos/single-decree                      the spec's gate models
  check run reference/paxos-register --set clients=3
  check run ./my-spec.ts --max-states 1000000        a spec of your own, by its path
  check mutants paxos --show                         the bug zoo of Paxos, with traces
  check mutants raft --guards                        Raft without each of its guards
  check replay traces/some.itf.json                  a counterexample, run again
  check trace n1.ndjson n2.ndjson n3.ndjson          what running nodes have done
${EXIT_CODES}`,
  );

program
  .command("list")
  .description("the specs, their models, parameters and bounds")
  .option("--json", "one JSON object a spec")
  .action(async (_options, command: Command) => finish(await listCommand(command.optsWithGlobals())));

program
  .command("run")
  .description("run specs: all gate models of each, one model, or one choice of parameters")
  .argument("<spec[:model]...>", "names from `check list`, a folder of names, or the path of a .ts file")
  .option("--set <name=value>", "set a parameter; more may follow it, or be given with a --set of their own", collect)
  .option("--max-states <n>", "stop after so many distinct states", positive)
  .option("--max-depth <n>", "expand no states deeper than this (the initial states are at depth 1)", positive)
  .option("--time-limit <duration>", "stop after, for example, 500ms, 60s, 5m or 1h", duration)
  .option("--json", "one JSON object a model on standard output; everything else on standard error")
  .option("--trace <file>", "save the counterexample in this file")
  .addOption(new Option("--workers <n>", "threads that explore; this version has one").argParser(oneWorker))
  .addHelpText(
    "after",
    `
Examples:
  check run paxos/single-decree
  check run reference/paxos-register:3-clients --json
  check run reference/two-phase-commit --set managers=6
  check run ./my-spec.ts --set nodes=3 --set crashes=1 --time-limit 60s --trace bug.itf.json`,
  )
  .action(async (words: string[], _options, command: Command) =>
    finish(await runCommand(words, command.optsWithGlobals<RunOptions>())),
  );

program
  .command("replay")
  .description("run a saved counterexample again, through today's code")
  .argument("<trace>", "a file that check has saved (.itf.json)")
  .action(async (file: string, _options, command: Command) =>
    finish(await replayCommand(file, command.optsWithGlobals())),
  );

program
  .command("trace")
  .description("hold what running nodes have written with --trace against core and the properties of their protocol")
  .argument("<log...>", "the logs of all nodes of a cluster; the parts FILE.1, FILE.2 and so on are found by FILE")
  .option("--json", "one JSON object on standard output; everything else on standard error")
  .action(async (words: string[], _options, command: Command) =>
    finish(await traceCommand(words, command.optsWithGlobals<TraceOptions>())),
  );

program
  .command("mutants")
  .description("the bug zoo: each mutant, the property that caught it, states, depth, seconds")
  .argument("[spec]", "only this spec's, or those of all specs of a folder")
  .option("--guards", "instead of the zoo, the mutants that take out one guard of the code each; not part of the gate")
  .option("--only <id...>", "only these mutants, of the zoo or not", collect)
  .option("--show", "print each mutant's shortest trace")
  .addHelpText(
    "after",
    `
Examples:
  check mutants                        the whole zoo
  check mutants paxos --show           that of Paxos, with traces
  check mutants raft --guards          what becomes of Raft without each of its guards
  check mutants raft/election --only 4`,
  )
  .action(async (word: string | undefined, _options, command: Command) =>
    finish(await mutantsCommand(word, command.optsWithGlobals<MutantsOptions>())),
  );

// Words after `check` that are no command are named as such, rather than counted as too many.
program.allowExcessArguments().action(async ({ specs }: { readonly specs?: string }, { args: [word] }: Command) => {
  if (word !== undefined) throw noSuchCommand(word);
  finish(await gateCommand(specs));
});

await program.parseAsync().catch((error: unknown) => {
  finish(exitCodeOf(error));
});

function finish(code: ExitCode): void {
  process.exitCode = code;
}

/** Prints what is worth printing of an error, and says what to exit with. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UserError) {
    process.stderr.write(`check: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof EvaluationError || error instanceof ImpureError) {
    process.stderr.write(`check: ${error.message}\n`);
    return EXIT.evaluation;
  }
  process.stderr.write(
    `check: an error of the checker itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.system;
}

function noSuchCommand(word: string): UserError {
  const names = program.commands.map((command) => command.name());
  const near = didYouMean(word, names);
  const advice = near === "" ? ` The commands are ${names.join(", ")}; \`check run ${word}\` runs a spec.` : near;
  return new UserError(EXIT.usage, `There is no command ${word}.${advice}`);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) {
    throw new InvalidArgumentError("It must be a positive integer.");
  }
  return value;
}

/** Milliseconds from `500ms`, `60s`, `5m` or `1h`. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new InvalidArgumentError("It must be a number with its unit, such as 500ms, 60s, 5m or 1h.");
  }
  return Number(amount) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 1);
}

function oneWorker(text: string): number {
  if (text !== "1")
    throw new InvalidArgumentError("This version explores with one thread; leave --workers out, or give 1.");
  return 1;
}
