/** The flags of `quorate serve`. Names, meanings and defaults are those of etcd 3.4, unless the text says otherwise. */

import type { InitialMember, LogLevel } from "./options.ts";
import { flag, integer, members, metricsUrls, oneOf, optional, urls, word, words } from "./values.ts";
import type { Value } from "./values.ts";

export type FlagValues = {
  readonly name: string;
  readonly "data-dir": string | null;
  readonly protocol: string;
  readonly "listen-peer-urls": readonly string[];
  readonly "listen-client-urls": readonly string[];
  readonly "heartbeat-interval": number;
  readonly "election-timeout": number;
  readonly "snapshot-count": number;
  readonly "quota-backend-bytes": number;
  readonly "max-txn-ops": number;
  readonly "max-request-bytes": number;
  readonly "max-concurrent-streams": number;
  readonly "initial-advertise-peer-urls": readonly string[];
  readonly "advertise-client-urls": readonly string[];
  readonly "initial-cluster": readonly InitialMember[];
  readonly "initial-cluster-state": "new" | "existing";
  readonly "initial-cluster-token": string;
  readonly "strict-reconfig-check": boolean;
  readonly "pre-vote": boolean;
  readonly "auto-compaction-mode": "periodic" | "revision";
  readonly "auto-compaction-retention": string | null;
  readonly "cert-file": string | null;
  readonly "key-file": string | null;
  readonly "client-cert-auth": boolean;
  readonly "trusted-ca-file": string | null;
  readonly "auto-tls": boolean;
  readonly "peer-cert-file": string | null;
  readonly "peer-key-file": string | null;
  readonly "peer-client-cert-auth": boolean;
  readonly "peer-trusted-ca-file": string | null;
  readonly "peer-cert-allowed-cn": string | null;
  readonly "peer-cert-allowed-hostname": string | null;
  readonly "insecure-plaintext": boolean;
  /** Null for the default. */
  readonly "listen-metrics-urls": readonly string[] | null;
  readonly metrics: "basic" | "extensive";
  readonly "log-level": LogLevel | "panic";
  readonly "log-outputs": readonly string[];
  readonly trace: string | null;
  readonly "unsafe-no-fsync": boolean;
};

export type FlagName = keyof FlagValues;
export type FlagGroup = "Member" | "Clustering" | "Security" | "Monitoring and logging" | "Checking" | "Unsafe";

export type Flag<T> = {
  readonly group: FlagGroup;
  /** What stands for its value in help; null for one that is true by being there. */
  readonly takes: string | null;
  /** The default, as it would be given. Empty if it depends on other flags; `help` says how then. */
  readonly fallback: string;
  readonly help: string;
  readonly schema: Value<T>;
};

const GIB = 1024 * 1024 * 1024;
const URLS = "<urls>";
const FILE = "<file>";

export const FLAGS: { readonly [N in FlagName]: Flag<FlagValues[N]> } = {
  name: {
    group: "Member",
    takes: "<name>",
    fallback: "default",
    help: "what people call this member",
    schema: word("a name"),
  },
  "data-dir": {
    group: "Member",
    takes: "<folder>",
    fallback: "",
    help: "where this member keeps its data (default: <name>.quorate)",
    schema: optional,
  },
  protocol: {
    group: "Member",
    takes: "<protocol>",
    fallback: "raft",
    help: "the protocol that orders the writes, the same at every member",
    schema: word("a protocol"),
  },
  "listen-peer-urls": {
    group: "Member",
    takes: URLS,
    fallback: "http://localhost:2380",
    help: "where to listen for other members",
    schema: urls(false),
  },
  "listen-client-urls": {
    group: "Member",
    takes: URLS,
    fallback: "http://localhost:2379",
    help: "where to listen for clients",
    schema: urls(false),
  },
  "heartbeat-interval": {
    group: "Member",
    takes: "<ms>",
    fallback: "100",
    help: "how often a leader says that it is there",
    schema: integer("milliseconds", 1, 10_000),
  },
  "election-timeout": {
    group: "Member",
    takes: "<ms>",
    fallback: "1000",
    help: "how long a member waits for a leader before it stands for election, the same at every member",
    schema: integer("milliseconds", 5, 50_000),
  },
  "snapshot-count": {
    group: "Member",
    takes: "<n>",
    fallback: "100000",
    help: "writes after which the log is replaced by a snapshot",
    schema: integer("writes", 1, 1_000_000_000),
  },
  "quota-backend-bytes": {
    group: "Member",
    takes: "<bytes>",
    fallback: "0",
    help: "size of the data from which on writes are refused, 0 for 2 GiB",
    schema: integer("bytes", 0, 1024 * GIB),
  },
  "max-txn-ops": {
    group: "Member",
    takes: "<n>",
    fallback: "128",
    help: "operations of one transaction",
    schema: integer("operations", 1, 1_000_000),
  },
  "max-request-bytes": {
    group: "Member",
    takes: "<bytes>",
    fallback: "1572864",
    help: "size of one request",
    schema: integer("bytes", 1024, 16 * 1024 * 1024),
  },
  "max-concurrent-streams": {
    group: "Member",
    takes: "<n>",
    fallback: "10000",
    help: "calls that one client has open at a time",
    schema: integer("streams", 1, 4_294_967_295),
  },

  "initial-advertise-peer-urls": {
    group: "Clustering",
    takes: URLS,
    fallback: "",
    help: "where other members reach this one (default: --listen-peer-urls)",
    schema: urls(true),
  },
  "advertise-client-urls": {
    group: "Clustering",
    takes: URLS,
    fallback: "",
    help: "where clients reach this member (default: --listen-client-urls)",
    schema: urls(true),
  },
  "initial-cluster": {
    group: "Clustering",
    takes: "<members>",
    fallback: "",
    help: "all members, as name=URL,name=URL (default: this one alone)",
    schema: members,
  },
  "initial-cluster-state": {
    group: "Clustering",
    takes: "<state>",
    fallback: "new",
    help: "new, or existing for a member that was added to a running cluster",
    schema: oneOf("new", "existing"),
  },
  "initial-cluster-token": {
    group: "Clustering",
    takes: "<token>",
    fallback: "etcd-cluster",
    help: "tells this cluster from others; not a secret",
    schema: word("a token"),
  },
  "strict-reconfig-check": {
    group: "Clustering",
    takes: "[boolean]",
    fallback: "true",
    help: "refuse changes of the members that would lose the quorum",
    schema: flag,
  },
  "pre-vote": {
    group: "Clustering",
    takes: "[boolean]",
    fallback: "true",
    help: "ask whether an election could be won before it disturbs the others",
    schema: flag,
  },
  "auto-compaction-mode": {
    group: "Clustering",
    takes: "<mode>",
    fallback: "periodic",
    help: "periodic or revision",
    schema: oneOf("periodic", "revision"),
  },
  "auto-compaction-retention": {
    group: "Clustering",
    takes: "<length>",
    fallback: "0",
    help: "how much history to keep: a time such as 30m, or hours; a number of revisions in the mode revision; 0 for all",
    schema: optional,
  },

  "cert-file": {
    group: "Security",
    takes: FILE,
    fallback: "",
    help: "certificate that clients are shown",
    schema: optional,
  },
  "key-file": { group: "Security", takes: FILE, fallback: "", help: "its key", schema: optional },
  "client-cert-auth": {
    group: "Security",
    takes: "[boolean]",
    fallback: "false",
    help: "let only clients in that show a certificate",
    schema: flag,
  },
  "trusted-ca-file": {
    group: "Security",
    takes: FILE,
    fallback: "",
    help: "who has signed the clients' certificates",
    schema: optional,
  },
  "auto-tls": {
    group: "Security",
    takes: "[boolean]",
    fallback: "false",
    help: "make a certificate for clients, signed by itself",
    schema: flag,
  },
  "peer-cert-file": {
    group: "Security",
    takes: FILE,
    fallback: "",
    help: "certificate that other members are shown",
    schema: optional,
  },
  "peer-key-file": { group: "Security", takes: FILE, fallback: "", help: "its key", schema: optional },
  "peer-client-cert-auth": {
    group: "Security",
    takes: "[boolean]",
    fallback: "false",
    help: "let only members in that show a certificate",
    schema: flag,
  },
  "peer-trusted-ca-file": {
    group: "Security",
    takes: FILE,
    fallback: "",
    help: "who has signed the members' certificates",
    schema: optional,
  },
  "peer-cert-allowed-cn": {
    group: "Security",
    takes: "<name>",
    fallback: "",
    help: "the common name that members' certificates have to have, instead of the host where the member is",
    schema: optional,
  },
  "peer-cert-allowed-hostname": {
    group: "Security",
    takes: "<name>",
    fallback: "",
    help: "the host name that members' certificates have to be for, instead of the host where the member is",
    schema: optional,
  },
  "insecure-plaintext": {
    group: "Security",
    takes: "[boolean]",
    fallback: "false",
    help: "listen without TLS where other machines can reach it",
    schema: flag,
  },

  "listen-metrics-urls": {
    group: "Monitoring and logging",
    takes: URLS,
    fallback: "",
    help: "where to listen for /metrics and /health (default: the client port and 2 more, on 127.0.0.1; none for nowhere)",
    schema: metricsUrls,
  },
  metrics: {
    group: "Monitoring and logging",
    takes: "<detail>",
    fallback: "basic",
    help: "basic, or extensive for the durations of calls as well",
    schema: oneOf("basic", "extensive"),
  },
  "log-level": {
    group: "Monitoring and logging",
    takes: "<level>",
    fallback: "info",
    help: "debug, info, warn, error or fatal",
    schema: oneOf("debug", "info", "warn", "error", "panic", "fatal"),
  },
  "log-outputs": {
    group: "Monitoring and logging",
    takes: "<outputs>",
    fallback: "stderr",
    help: "stderr, stdout or files, with commas between them",
    schema: words,
  },

  trace: {
    group: "Checking",
    takes: FILE,
    fallback: "",
    help: "write all that the protocol is given and answers, for `check trace`",
    schema: optional,
  },
  "unsafe-no-fsync": {
    group: "Unsafe",
    takes: "[boolean]",
    fallback: "false",
    help: "do not wait for the disk: a crash of the machine may lose acknowledged writes",
    schema: flag,
  },
};

const NAMES: ReadonlySet<string> = new Set(Object.keys(FLAGS));

export function isFlagName(name: string): name is FlagName {
  return NAMES.has(name);
}

/** All of them, in the order of help. */
export const FLAG_NAMES: readonly FlagName[] = [...NAMES].filter(isFlagName);

/** The variable that stands for a flag, as `ETCD_NAME` does in etcd. */
export function variableOf(name: string): string {
  return `QUORATE_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** Flags of etcd that have no counterpart here, and what to do instead. */
export const ETCD_ONLY: ReadonlyMap<string, string> = new Map([
  ["wal-dir", "log and data are one store: leave it out"],
  ["max-snapshots", "there is one snapshot, the newest: leave it out"],
  ["max-wals", "the log is cut when a snapshot is taken: leave it out"],
  ["enable-v2", "there is the v3 API alone: leave it out"],
  ["discovery", "name the members with --initial-cluster"],
  ["discovery-srv", "name the members with --initial-cluster"],
  ["force-new-cluster", "make a new cluster of a snapshot: quorate snapshot restore"],
  [
    "peer-auto-tls",
    "members that trust any certificate are open to everybody: give --peer-cert-file, --peer-key-file and --peer-trusted-ca-file",
  ],
  ["logger", "there is one kind of log: leave it out"],
  ["debug", "give --log-level debug"],
  ["enable-pprof", "Node has a profiler of its own: node --cpu-prof"],
  ["auth-token", "there are no users: ask for client certificates with --client-cert-auth"],
]);
