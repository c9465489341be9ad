/** The flags by which a command finds the cluster: etcdctl's. */

import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { z } from "zod";
import { readDuration } from "../config/values.ts";
import type { Connection } from "./client.ts";
import { EXIT, UserError } from "./exit.ts";

const options = z.object({
  endpoints: z.string(),
  cacert: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  insecureSkipTlsVerify: z.boolean().optional(),
  dialTimeout: z.number(),
  commandTimeout: z.number(),
});

export function addConnectionFlags(command: Command): Command {
  const add = (option: Option): void => {
    command.addOption(option.helpGroup("Connection:"));
  };
  add(
    new Option("--endpoints <list>", "where members serve clients, with commas between them")
      .env("QUORATE_ENDPOINTS")
      .default("127.0.0.1:2379"),
  );
  add(new Option("--cacert <file>", "who has to have signed the members' certificates").env("QUORATE_CACERT"));
  add(new Option("--cert <file>", "certificate to show them").env("QUORATE_CERT"));
  add(new Option("--key <file>", "its key").env("QUORATE_KEY"));
  add(new Option("--insecure-skip-tls-verify", "talk to whoever answers, whatever the certificate"));
  add(
    new Option("--dial-timeout <time>", "how long to wait for a connection").argParser(duration).default(2_000, "2s"),
  );
  add(
    new Option("--command-timeout <time>", "how long to wait for an answer").argParser(duration).default(5_000, "5s"),
  );
  return command;
}

export function connectionOf(command: Command): Connection {
  const read = options.parse(command.opts());
  const endpoints = read.endpoints
    .split(",")
    .map((endpoint) => endpoint.trim().replace(/\/$/, ""))
    .filter((endpoint) => endpoint !== "");
  const wrong = endpoints.find((endpoint) => !/^(https?:\/\/)?(\[[\da-f:.]+\]|[^/:\s]+):\d{1,5}$/i.test(endpoint));
  if (wrong !== undefined || endpoints.length === 0) {
    throw new UserError(
      EXIT.usage,
      `--endpoints is "${read.endpoints}": it has to be host:port, with commas between several, such as 127.0.0.1:2379.`,
    );
  }
  if ((read.cert === undefined) !== (read.key === undefined)) {
    throw new UserError(EXIT.usage, "--cert and --key belong together: give both, or none.");
  }
  return {
    endpoints,
    caFile: read.cacert ?? null,
    certFile: read.cert ?? null,
    keyFile: read.key ?? null,
    skipVerification: read.insecureSkipTlsVerify ?? false,
    dialMs: read.dialTimeout,
    commandMs: read.commandTimeout,
  };
}

function duration(text: string): number {
  const ms = readDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError("It must be a time such as 500ms, 5s or 1m.");
  return ms;
}
