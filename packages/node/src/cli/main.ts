/** The command line: words to calls, errors to exit codes. */

import { Command, CommanderError } from "commander";
import { didYouMean } from "../config/suggest.ts";
import { version } from "../version.ts";
import { addClusterCommand } from "./cluster-flags.ts";
import { addConnectionFlags, connectionOf } from "./connection-flags.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { RESTORE_FLAGS } from "./restore-flags.ts";
import { addServeFlags, serveWords } from "./serve-flags.ts";

const EXIT_CODES = `
Exit codes:
  0 done              1 the cluster refuses     64 wrong usage      65 a file is damaged, or another
  69 nobody answers   70 an error of quorate's  71 the system refuses (a port is taken)
  74 the disk         77 removed from the cluster                   78 the configuration`;

// A command is loaded when it is called: gRPC and the rest would make help slow.
const memberCommands = () => import("./member-command.ts");
const snapshotCommands = () => import("./snapshot-command.ts");

const program = new Command("quorate")
  .description("A replicated key-value store with etcd's client API: etcdctl works with it.")
  .version(version, "-V, --version", "print the version")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "quorate:")) })
  .showHelpAfterError("(quorate --help shows the commands, with examples)")
  .helpCommand("help [command]", "show what a command takes")
  .addHelpText(
    "after",
    `
Examples:
  quorate cluster                                  three members on this machine, to try it out
  etcdctl --endpoints 127.0.0.1:2379 put a 1       etcd's client talks to them
  quorate serve --name a --data-dir /var/lib/a     one member, a cluster of its own
  quorate status --endpoints 127.0.0.1:2379        what each member says of itself
  quorate move-leader m2                           have another member lead
  quorate snapshot save backup.snapshot            all data in one file
${EXIT_CODES}`,
  );

addServeFlags(program.command("serve").description("run a member of a cluster, until SIGTERM or Ctrl-C"))
  .addHelpText(
    "after",
    `
Each flag may be given as a variable as well (--data-dir as QUORATE_DATA_DIR), or in the file. A flag goes before a variable,
and that before the file.

Examples:
  quorate serve --name a --data-dir a.quorate
  quorate serve --name a --listen-peer-urls https://10.0.0.1:2380 --listen-client-urls https://10.0.0.1:2379 \\
    --initial-cluster a=https://10.0.0.1:2380,b=https://10.0.0.2:2380,c=https://10.0.0.3:2380 \\
    --cert-file a.crt --key-file a.key --peer-cert-file a.crt --peer-key-file a.key \\
    --peer-trusted-ca-file ca.crt --peer-client-cert-auth
  quorate serve --config-file a.yaml`,
  )
  .action(async (_options, command: Command) => {
    const { serveCommand } = await import("./serve-command.ts");
    finish(await serveCommand(serveWords(command)));
  });

addClusterCommand(program, finish);

addConnectionFlags(program.command("status").description("what each member of the cluster says of itself"))
  .option("--json", "as JSON")
  .action(async (options: Json, command: Command) =>
    finish(await (await import("./status-command.ts")).statusCommand(connectionOf(command), isJson(options))),
  );

const member = program.command("member").description("list and change the members of the cluster");

addConnectionFlags(member.command("list").description("the members, and whether they have started"))
  .option("--json", "as JSON")
  .action(async (options: Json, command: Command) =>
    finish(await (await memberCommands()).memberListCommand(connectionOf(command), isJson(options))),
  );

addConnectionFlags(member.command("add").description("add a member, and say how to start it"))
  .argument("<name>", "what it is to be called")
  .requiredOption("--peer-urls <urls>", "where the others will reach it")
  .option("--learner", "without a vote, until it is promoted")
  .action(async (name: string, options: { readonly peerUrls: string; readonly learner?: boolean }, command: Command) =>
    finish(
      await (
        await memberCommands()
      ).memberAddCommand(connectionOf(command), name, options.peerUrls, options.learner ?? false),
    ),
  );

addConnectionFlags(member.command("remove").description("remove a member; it stops by itself"))
  .argument("<id or name>")
  .action(async (word: string, _options, command: Command) =>
    finish(await (await memberCommands()).memberRemoveCommand(connectionOf(command), word)),
  );

addConnectionFlags(member.command("update").description("say where the others reach a member from now on"))
  .argument("<id or name>")
  .requiredOption("--peer-urls <urls>", "where the others reach it")
  .action(async (word: string, options: { readonly peerUrls: string }, command: Command) =>
    finish(await (await memberCommands()).memberUpdateCommand(connectionOf(command), word, options.peerUrls)),
  );

addConnectionFlags(member.command("promote").description("give a learner a vote"))
  .argument("<id or name>")
  .action(async (word: string, _options, command: Command) =>
    finish(await (await memberCommands()).memberPromoteCommand(connectionOf(command), word)),
  );

addConnectionFlags(program.command("move-leader").description("have another member lead, before this one is stopped"))
  .argument("<id or name>", "who is to lead")
  .action(async (word: string, _options, command: Command) =>
    finish(await (await memberCommands()).moveLeaderCommand(connectionOf(command), word)),
  );

const snapshot = program.command("snapshot").description("save all data in one file, and look at such files");

addConnectionFlags(snapshot.command("save").description("save a member's data"))
  .argument("<file>")
  .action(async (file: string, _options, command: Command) =>
    finish(await (await snapshotCommands()).snapshotSaveCommand(connectionOf(command), file)),
  );

snapshot
  .command("status")
  .description("what a snapshot holds, and whether it is whole")
  .argument("<file>")
  .option("--json", "as JSON")
  .action(async (file: string, options: Json) =>
    finish((await snapshotCommands()).snapshotStatusCommand(file, isJson(options))),
  );

addServeFlags(
  snapshot
    .command("restore")
    .description("make the data directory of a member of a new cluster out of a snapshot")
    .argument("<file>"),
  RESTORE_FLAGS,
)
  .addHelpText(
    "after",
    `
Do it for each member, with the same file, --initial-cluster and --initial-cluster-token, and start them with these.

Example:
  quorate snapshot restore backup.snapshot --name a --data-dir a.quorate \\
    --initial-cluster a=http://127.0.0.1:2380,b=http://127.0.0.1:2381 --initial-advertise-peer-urls http://127.0.0.1:2380`,
  )
  .action(async (file: string, _options, command: Command) =>
    finish(await (await import("./restore-command.ts")).snapshotRestoreCommand(file, serveWords(command, 1))),
  );

program
  .command("trace")
  .description("what a member's --trace has written, file by file")
  .argument("<file>", "the first file; those after it are found")
  .option("--json", "as JSON")
  .action(async (file: string, options: Json) =>
    finish(await (await import("./trace-command.ts")).traceCommand(file, isJson(options))),
  );

// A word that is no command is named as such, rather than counted as too many.
program.allowExcessArguments().action((_options, { args: [word] }: Command) => {
  if (word === undefined) return program.help({ error: true });
  const names = program.commands.map((command) => command.name());
  const near = didYouMean(word, names);
  throw new UserError(
    EXIT.usage,
    `There is no command ${word}.${near === "" ? ` The commands are ${names.join(", ")}.` : near}`,
  );
});

// Deprecations are news for developers. gRPC's client has one for each server that is named by its address.
process.noDeprecation = true;

// Whoever reads may have had enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

await program.parseAsync().catch(async (error: unknown) => {
  if (error instanceof CommanderError) {
    finish(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    return;
  }
  const { endOf } = await import("./failures.ts");
  const { exitCode, message } = endOf(error);
  process.stderr.write(`quorate: ${message}\n`);
  finish(exitCode);
});

type Json = { readonly json?: boolean };

function isJson({ json = false }: Json): boolean {
  return json;
}

function finish(code: ExitCode): void {
  process.exitCode = code;
}
