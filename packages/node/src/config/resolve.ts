/** Fills in the defaults that depend on other flags, and puts a member's options together. */

import { join } from "node:path";
import type { FlagName, FlagValues } from "./flags.ts";
import type { TlsFiles } from "../security/tls.ts";
import type { AutoCompaction, NodeOptions } from "./options.ts";
import { addressOf, isUnspecified, urlOf } from "./urls.ts";
import { readDuration } from "./values.ts";

/** How a flag is called where its value came from. */
export type Label = (name: FlagName) => string;

const QUOTA_BYTES = 2 * 1024 * 1024 * 1024;

/** The options that `values` come to, or null, and `problems` grows, where a default can't be found. */
export function optionsOf(values: FlagValues, label: Label, problems: string[]): NodeOptions | null {
  const before = problems.length;
  const dataDir = values["data-dir"] ?? `${values.name}.quorate`;
  const advertisePeerUrls = advertised("initial-advertise-peer-urls", "listen-peer-urls", values, label, problems);
  const advertiseClientUrls = advertised("advertise-client-urls", "listen-client-urls", values, label, problems);
  const autoCompaction = autoCompactionOf(values, label, problems);
  const level = values["log-level"];
  if (problems.length > before) return null;
  return {
    name: values.name,
    dataDir,
    protocol: values.protocol,
    listenPeerUrls: values["listen-peer-urls"],
    listenClientUrls: values["listen-client-urls"],
    listenMetricsUrls: values["listen-metrics-urls"] ?? metricsUrls(values["listen-client-urls"]),
    advertisePeerUrls,
    advertiseClientUrls,
    initialCluster:
      values["initial-cluster"].length === 0
        ? [{ name: values.name, peerUrls: advertisePeerUrls }]
        : values["initial-cluster"],
    initialClusterState: values["initial-cluster-state"],
    token: values["initial-cluster-token"],
    heartbeatMs: values["heartbeat-interval"],
    electionMs: values["election-timeout"],
    snapshotCount: values["snapshot-count"],
    maxRequestBytes: values["max-request-bytes"],
    maxTxnOps: values["max-txn-ops"],
    maxConcurrentStreams: values["max-concurrent-streams"],
    quotaBytes: values["quota-backend-bytes"] === 0 ? QUOTA_BYTES : values["quota-backend-bytes"],
    autoCompaction,
    preVote: values["pre-vote"],
    strictReconfiguration: values["strict-reconfig-check"],
    clientTls: clientTlsOf(values, dataDir),
    peerTls: peerTlsOf(values),
    autoTls: values["auto-tls"],
    traceFile: values.trace,
    sync: !values["unsafe-no-fsync"],
    logLevel: level === "panic" ? "fatal" : level,
    logOutputs: values["log-outputs"].map((output) => (output === "default" ? "stderr" : output)),
    metrics: values.metrics,
  };
}

/** What others are told defaults to where this member listens, if they could make anything of it. */
function advertised(
  flag: "initial-advertise-peer-urls" | "advertise-client-urls",
  listen: "listen-peer-urls" | "listen-client-urls",
  values: FlagValues,
  label: Label,
  problems: string[],
): readonly string[] {
  if (values[flag].length > 0) return values[flag];
  const vague = values[listen].find((url) => isUnspecified(addressOf(url).host));
  if (vague !== undefined) {
    problems.push(
      `--${flag} is missing: ${label(listen)} has ${vague}, which means every address of this machine, and others can't ` +
        `connect to that. Give the URLs by which they reach it.`,
    );
  }
  return values[listen];
}

/** Beside the first client URL, for this machine alone. Port 0 stays 0: the system picks both. */
function metricsUrls(clientUrls: readonly string[]): readonly string[] {
  const [first] = clientUrls;
  if (first === undefined) return [];
  const { port } = addressOf(first);
  const beside = port === 0 || port > 65_533 ? 0 : port + 2;
  return [urlOf("http", { host: "127.0.0.1", port: beside })];
}

function autoCompactionOf(values: FlagValues, label: Label, problems: string[]): AutoCompaction | null {
  const text = values["auto-compaction-retention"] ?? "0";
  const isNumber = /^\d{1,15}$/.test(text);
  if (isNumber && Number(text) === 0) return null;
  const mode = values["auto-compaction-mode"];
  if (mode === "revision" && isNumber) return { mode, kept: Number(text) };
  const everyMs = isNumber ? Number(text) * 3_600_000 : readDuration(text);
  if (mode === "periodic" && everyMs === 0) return null;
  if (mode === "periodic" && everyMs !== null && Number.isSafeInteger(everyMs)) return { mode, everyMs };
  const expected = mode === "revision" ? "a number of revisions" : "a time such as 30m or 1h30m, or a number of hours";
  problems.push(`${label("auto-compaction-retention")} is "${text}": in the mode ${mode} it has to be ${expected}.`);
  return null;
}

/** With `--auto-tls` the files lie where etcd has its own. */
function clientTlsOf(values: FlagValues, dataDir: string): TlsFiles | null {
  const folder = join(dataDir, "fixtures", "client");
  const made = values["auto-tls"] ? { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") } : null;
  const certFile = values["cert-file"] ?? made?.cert;
  const keyFile = values["key-file"] ?? made?.key;
  if (certFile === undefined || keyFile === undefined) return null;
  return {
    certFile,
    keyFile,
    trustedCaFile: values["trusted-ca-file"],
    clientCertAuth: values["client-cert-auth"],
    allowedCommonName: null,
    allowedHostname: null,
  };
}

function peerTlsOf(values: FlagValues): TlsFiles | null {
  const certFile = values["peer-cert-file"];
  const keyFile = values["peer-key-file"];
  if (certFile === null || keyFile === null) return null;
  return {
    certFile,
    keyFile,
    trustedCaFile: values["peer-trusted-ca-file"],
    clientCertAuth: values["peer-client-cert-auth"],
    allowedCommonName: values["peer-cert-allowed-cn"],
    allowedHostname: values["peer-cert-allowed-hostname"],
  };
}
