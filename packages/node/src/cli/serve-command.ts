/** `quorate serve`: a member, from its flags until it is told to stop. */

import { loadOptions } from "../config/load.ts";
import type { NodeOptions } from "../config/options.ts";
import { ConfigError } from "../config/problems.ts";
import { addressOf, urlOf } from "../config/urls.ts";
import type { Address } from "../config/urls.ts";
import { startNode } from "../node.ts";
import type { RunningNode } from "../node.ts";
import { protocols } from "../protocols/index.ts";
import { alarmsOf, compactedOf, keyCountOf, revisionOf } from "../store/index.ts";
import { memberEvents } from "../telemetry/events.ts";
import { createLogger } from "../telemetry/log.ts";
import type { NodeLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { openMonitor } from "../telemetry/monitor.ts";
import type { Monitor } from "../telemetry/monitor.ts";
import { apiVersion, version } from "../version.ts";
import { makeCertificate } from "./auto-tls.ts";
import { EXIT, UserError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { endOf } from "./failures.ts";
import type { ServeWords } from "./serve-flags.ts";
import { exitAtOnce, stopRequests } from "./signals.ts";

export async function serveCommand(words: ServeWords): Promise<ExitCode> {
  const { options, warnings } = optionsOf(words);
  const log = logOf(options);
  for (const warning of warnings) log.warn({}, warning);
  if (!options.sync) log.warn({}, "--unsafe-no-fsync: a crash of the machine may lose acknowledged writes");
  process.once("uncaughtException", (error) => {
    const { exitCode, message } = endOf(error);
    log.fatal({ exitCode }, message);
    process.exit(exitCode);
  });
  // From here on the first signal stops the member in good order, even one that is still starting.
  let node: RunningNode | null = null;
  const stop = stopRequests(log, () => node?.isDiskHung() ?? false);
  log.info({ version, node: process.versions.node, pid: process.pid, dataDir: options.dataDir }, "starting");
  if (options.autoTls && (await makeCertificate(options)))
    log.info({ file: options.clientTls?.certFile }, "made a certificate");
  const metrics = createMetrics({ version, quotaBytes: options.quotaBytes, detail: options.metrics });
  node = await startNode(options, { log, member: memberEvents(metrics.member, log), api: metrics.api });
  let monitor: Monitor | null = null;
  try {
    monitor = await monitorOf(options, node, metrics);
    announce(options, node, monitor, log);
    return await untilEnd(node, stop, log);
  } finally {
    await monitor?.close();
    if ((await node.stop()) === "hung") {
      log.fatal(
        { dataDir: options.dataDir },
        "the disk does not answer, and is not waited for any longer; what was acknowledged is on it",
      );
      exitAtOnce(EXIT.storage, true);
    }
  }
}

function optionsOf({ flags, configFile, problems }: ServeWords): ReturnType<typeof loadOptions> {
  const known = [...protocols.keys()];
  try {
    return loadOptions({ purpose: "serve", flags, configFile, problems, environment: process.env, protocols: known });
  } catch (error) {
    // Words that are no flags are wrong usage; values that don't fit are a wrong configuration.
    if (error instanceof ConfigError && problems.length > 0) throw new UserError(EXIT.usage, endOf(error).message);
    throw error;
  }
}

function logOf({ logLevel, logOutputs, name }: NodeOptions): NodeLog {
  try {
    return createLogger({ level: logLevel, outputs: logOutputs, member: name });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      EXIT.configuration,
      `--log-outputs is ${logOutputs.join(",")}, which can't be written to: ${reason}.`,
    );
  }
}

async function monitorOf(
  options: NodeOptions,
  { member, peers, watches }: RunningNode,
  metrics: Metrics,
): Promise<Monitor> {
  metrics.watch({
    memberId: member.memberId,
    status: () => member.status(),
    pending: () => member.pending,
    lastIndex: () => member.view.lastIndex,
    store: () => {
      const store = member.store();
      return { keys: keyCountOf(store), revision: revisionOf(store), compacted: compactedOf(store) };
    },
    peers,
    watches,
  });
  return await openMonitor({
    listen: options.listenMetricsUrls.map(addressOf),
    registry: metrics.registry,
    health: {
      hasLeader: () => member.leader !== null,
      alarms: () => alarmsOf(member.store()).map(({ alarm }) => (alarm === "noSpace" ? "NOSPACE" : "CORRUPT")),
      linearize: () => member.linearize(),
    },
    apiVersion,
  });
}

function announce(options: NodeOptions, node: RunningNode, monitor: Monitor, log: NodeLog): void {
  const urls = (addresses: readonly Address[], isTls: boolean): readonly string[] =>
    addresses.map((address) => urlOf(isTls ? "https" : "http", address));
  const listening = {
    clients: urls(node.clientAddresses, options.clientTls !== null),
    peers: urls(node.peerAddresses, options.peerTls !== null),
    metrics: urls(monitor.addresses, false),
  };
  const { memberId, clusterId } = node.member;
  log.info({ ...listening, memberId, clusterId, protocol: options.protocol }, "serving");
}

/** Waits for the member to fail, or for somebody who wants it to stop; then it stops, its leadership handed over. */
async function untilEnd(node: RunningNode, stop: Promise<string>, log: NodeLog): Promise<ExitCode> {
  const end = await Promise.race([node.failed, stop]);
  if (typeof end === "string") {
    log.info({ reason: end }, "stopping");
    if ((await node.stop()) === "stopped") log.info({}, "stopped");
    return EXIT.ok;
  }
  const { exitCode, message } = endOf(end);
  log.fatal({ exitCode }, message);
  return exitCode;
}
