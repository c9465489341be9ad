/** What a member is told when it starts, every default filled in. Flags, environment and file lead here. */

import type { TlsFiles } from "../security/tls.ts";

/** A member of the cluster as `--initial-cluster` names it. */
export type InitialMember = { readonly name: string; readonly peerUrls: readonly string[] };

/** Which revisions are given up of its own accord: those older than a time, or all but the newest so many. */
export type AutoCompaction =
  { readonly mode: "periodic"; readonly everyMs: number } | { readonly mode: "revision"; readonly kept: number };

export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

export type NodeOptions = {
  readonly name: string;
  readonly dataDir: string;
  readonly protocol: string;
  /** URLs to listen at. Either all are https, or none is; port 0 stands for one that the system picks. */
  readonly listenPeerUrls: readonly string[];
  readonly listenClientUrls: readonly string[];
  /** Plain http always. Empty for no metrics. */
  readonly listenMetricsUrls: readonly string[];
  readonly advertisePeerUrls: readonly string[];
  /** Port 0 stands for the port that listening came to. */
  readonly advertiseClientUrls: readonly string[];
  /** This member is one of them. No two share a URL. */
  readonly initialCluster: readonly InitialMember[];
  readonly initialClusterState: "new" | "existing";
  readonly token: string;
  readonly heartbeatMs: number;
  /** At least five heartbeats. */
  readonly electionMs: number;
  /** Commands between two snapshots. */
  readonly snapshotCount: number;
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly maxConcurrentStreams: number;
  readonly quotaBytes: number;
  /** Null for none. */
  readonly autoCompaction: AutoCompaction | null;
  readonly preVote: boolean;
  readonly strictReconfiguration: boolean;
  /** Null for plain text. */
  readonly clientTls: TlsFiles | null;
  readonly peerTls: TlsFiles | null;
  /** Whether the files of `clientTls` are to be made, where they are missing, before the member starts. */
  readonly autoTls: boolean;
  /** Where to write what the protocol is given and answers, or null for nowhere. */
  readonly traceFile: string | null;
  /** Whether to wait for the disk. */
  readonly sync: boolean;
  readonly logLevel: LogLevel;
  /** `stderr`, `stdout`, or paths of files. */
  readonly logOutputs: readonly string[];
  /** Whether histograms of calls are kept as well. */
  readonly metrics: "basic" | "extensive";
};
