/** `quorate cluster`: some members as processes of their own, looked after until Ctrl-C. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";
import { LocalMember } from "./local-member.ts";
import type { LocalMemberPlan } from "./local-member.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { table } from "./table.ts";

export type ClusterOptions = {
  readonly size: number;
  readonly dataDir: string;
  readonly basePort: number;
  readonly logs: boolean;
  readonly trace: boolean;
  /** Flags of `quorate serve`, for every member. */
  readonly flags: readonly string[];
};

/** How long the members have until they serve. */
const START_MS = 60_000;

export async function clusterCommand(options: ClusterOptions): Promise<ExitCode> {
  const plans = plansOf(options);
  try {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(EXIT.storage, `--data-dir is ${options.dataDir}, which can't be made: ${reason}.`);
  }
  const stopped = stopRequest();
  const members = plans.map((plan) => new LocalMember(plan, options.logs));
  try {
    const isServing = await Promise.race([
      stopped.then(() => false),
      Promise.all(members.map((one) => one.ready(START_MS))).then(() => true),
    ]);
    if (!isServing) return EXIT.ok;
    process.stdout.write(welcome(plans));
    for (const member of members) void member.ended.then((how) => report(member, how));
    const everyEnd = Promise.all(members.map((member) => member.ended));
    const wasStopped = await Promise.race([stopped.then(() => true), everyEnd.then(() => false)]);
    if (wasStopped) return EXIT.ok;
    throw new UserError(EXIT.refused, "every member has ended.");
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => {
      // The terminal shows ^C where the cursor stands.
      process.stderr.write("\nStopping the members ...\n");
      resolve();
    });
    process.once("SIGTERM", resolve);
  });
}

function plansOf({ size, dataDir, basePort, trace, flags }: ClusterOptions): readonly LocalMemberPlan[] {
  const names = Array.from({ length: size }, (_, at) => `m${at + 1}`);
  const url = (at: number, offset: number): string => `http://127.0.0.1:${basePort + 10 * at + offset}`;
  const cluster = names.map((name, at) => `${name}=${url(at, 1)}`).join(",");
  return names.map((name, at) => ({
    name,
    number: at,
    clientUrl: url(at, 0),
    metricsUrl: url(at, 2),
    dataDir: join(dataDir, name),
    words: [
      "serve",
      ...Object.entries({
        name,
        "data-dir": join(dataDir, name),
        "listen-client-urls": url(at, 0),
        "listen-peer-urls": url(at, 1),
        "listen-metrics-urls": url(at, 2),
        "initial-cluster": cluster,
        "initial-cluster-token": "quorate-cluster",
        ...(trace ? { trace: join(dataDir, name, "trace.ndjson") } : {}),
      }).flatMap(([flag, value]) => [`--${flag}`, value]),
      ...flags,
    ],
  }));
}

/** Who there is, and what to type next. */
function welcome(plans: readonly LocalMemberPlan[]): string {
  const host = (url: string): string => url.replace("http://", "");
  const rows = plans.map(({ name, clientUrl, metricsUrl, dataDir }) => [
    name,
    host(clientUrl),
    `${metricsUrl}/metrics`,
    dataDir,
  ]);
  const endpoints = plans.map(({ clientUrl }) => host(clientUrl)).join(",");
  const last = plans.at(-1)?.name ?? "";
  const moving = plans.length < 2 ? "" : `  quorate move-leader ${last}\n`;
  return `${table(["NAME", "CLIENTS", "METRICS", "DATA"], rows)}

Try it in another terminal:
  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${endpoints} QUORATE_ENDPOINTS=${endpoints}
  etcdctl put greeting hello
  etcdctl get greeting
  etcdctl watch greeting
  etcdctl endpoint status -w table
  quorate status
${moving}
Ctrl-C stops the members; their data stay for the next time.
`;
}

function report(member: LocalMember, how: string): void {
  if (member.isStopping) return;
  const again = ["quorate", ...member.plan.words].join(" ");
  process.stderr.write(
    `${pc.bold(member.plan.name)} has ended: ${how}. The others go on; this starts it again:\n  ${again}\n`,
  );
}
