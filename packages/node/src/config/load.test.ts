import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FLAG_NAMES, FLAGS, isFlagName } from "./flags.ts";
import type { FlagName } from "./flags.ts";
import { loadOptions } from "./load.ts";
import type { Purpose } from "./load.ts";
import type { NodeOptions } from "./options.ts";
import { ConfigError } from "./problems.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-config-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Texts = Readonly<Partial<Record<FlagName, string>>>;
type Rest = {
  readonly environment?: Record<string, string>;
  readonly configFile?: string | null;
  readonly purpose?: Purpose;
};

function load(texts: Texts = {}, { environment = {}, configFile = null, purpose = "serve" }: Rest = {}) {
  const flags = new Map<FlagName, string>();
  for (const [name, text] of Object.entries(texts)) if (isFlagName(name)) flags.set(name, text);
  return loadOptions({ purpose, flags, environment, configFile, problems: [], protocols: ["raft", "zab"] });
}

function options(texts: Texts = {}, rest: Rest = {}): NodeOptions {
  return load(texts, rest).options;
}

function problems(texts: Texts = {}, rest: Rest = {}): readonly string[] {
  try {
    load(texts, rest);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("what comes out", () => {
  test("a member with no flags is a cluster of its own, with etcd's defaults", () => {
    expect(options()).toEqual({
      name: "default",
      dataDir: "default.quorate",
      protocol: "raft",
      listenPeerUrls: ["http://localhost:2380"],
      listenClientUrls: ["http://localhost:2379"],
      listenMetricsUrls: ["http://127.0.0.1:2381"],
      advertisePeerUrls: ["http://localhost:2380"],
      advertiseClientUrls: ["http://localhost:2379"],
      initialCluster: [{ name: "default", peerUrls: ["http://localhost:2380"] }],
      initialClusterState: "new",
      token: "etcd-cluster",
      heartbeatMs: 100,
      electionMs: 1000,
      snapshotCount: 100_000,
      maxRequestBytes: 1_572_864,
      maxTxnOps: 128,
      maxConcurrentStreams: 10_000,
      quotaBytes: 2_147_483_648,
      autoCompaction: null,
      preVote: true,
      strictReconfiguration: true,
      clientTls: null,
      peerTls: null,
      autoTls: false,
      traceFile: null,
      sync: true,
      logLevel: "info",
      logOutputs: ["stderr"],
      metrics: "basic",
    } satisfies NodeOptions);
  });

  test("a flag goes before a variable, and that before the file", () => {
    const configFile = file("order.yaml", "name: file\ninitial-cluster-token: file\ndata-dir: file\n");
    const environment = { QUORATE_NAME: "variable", QUORATE_INITIAL_CLUSTER_TOKEN: "variable", QUORATE_DATA_DIR: "" };
    const { name, token, dataDir } = options({ name: "flag" }, { environment, configFile });
    expect({ name, token, dataDir }).toEqual({ name: "flag", token: "variable", dataDir: "file" });
  });

  test("the file may be named by a variable, and be JSON", () => {
    const path = file("named.json", JSON.stringify({ name: "a", "heartbeat-interval": 50, "pre-vote": false }));
    const { name, heartbeatMs, preVote } = options({}, { environment: { QUORATE_CONFIG_FILE: path } });
    expect({ name, heartbeatMs, preVote }).toEqual({ name: "a", heartbeatMs: 50, preVote: false });
  });

  test("etcd's sections of a file are understood", () => {
    const configFile = file(
      "sections.yaml",
      `
listen-client-urls: https://127.0.0.1:2379
listen-peer-urls: ["https://127.0.0.1:2380", "https://127.0.0.1:2390"]
log-outputs: [stderr, stdout]
client-transport-security: { cert-file: c.pem, key-file: k.pem, client-cert-auth: true, trusted-ca-file: ca.pem }
peer-transport-security:
  cert-file: pc.pem
  key-file: pk.pem
  client-cert-auth: true
  trusted-ca-file: pca.pem
  allowed-cn: peer
`,
    );
    const { clientTls, peerTls, listenPeerUrls, logOutputs } = options({}, { configFile });
    expect(listenPeerUrls).toHaveLength(2);
    expect(logOutputs).toEqual(["stderr", "stdout"]);
    const common = { clientCertAuth: true, allowedCommonName: null, allowedHostname: null };
    expect(clientTls).toEqual({ ...common, certFile: "c.pem", keyFile: "k.pem", trustedCaFile: "ca.pem" });
    const peer = { certFile: "pc.pem", keyFile: "pk.pem", trustedCaFile: "pca.pem", allowedCommonName: "peer" };
    expect(peerTls).toEqual({ ...common, ...peer });
  });

  test.each<readonly [Texts, NodeOptions["autoCompaction"]]>([
    [{ "auto-compaction-retention": "0" }, null],
    [{ "auto-compaction-retention": "0s" }, null],
    [{ "auto-compaction-retention": "2" }, { mode: "periodic", everyMs: 7_200_000 }],
    [{ "auto-compaction-retention": "1h30m" }, { mode: "periodic", everyMs: 5_400_000 }],
    [
      { "auto-compaction-retention": "1000", "auto-compaction-mode": "revision" },
      { mode: "revision", kept: 1000 },
    ],
  ])("compaction by itself: %j", (texts, expected) => {
    expect(options(texts).autoCompaction).toEqual(expected);
  });

  test("the name that members' certificates have to have may be one of a host", () => {
    const more = { "peer-trusted-ca-file": "ca", "peer-cert-allowed-hostname": "peer.test" };
    expect(options({ ...TLS, ...more }).peerTls).toMatchObject({
      allowedCommonName: null,
      allowedHostname: "peer.test",
    });
  });

  test("a certificate of its own lies in the data directory", () => {
    const tls = options({
      "auto-tls": "true",
      "data-dir": "/d",
      "listen-client-urls": "https://127.0.0.1:2379",
    }).clientTls;
    expect(tls?.certFile).toBe("/d/fixtures/client/cert.pem");
  });

  test("metrics stay on this machine, beside the first client port, unless there shall be none", () => {
    const clients = { "listen-client-urls": "http://127.0.0.1:12379,http://127.0.0.1:1" };
    expect(options(clients).listenMetricsUrls).toEqual(["http://127.0.0.1:12381"]);
    expect(options({ "listen-client-urls": "http://[::1]:0" }).listenMetricsUrls).toEqual(["http://127.0.0.1:0"]);
    expect(options({ ...clients, "listen-metrics-urls": "none" }).listenMetricsUrls).toEqual([]);
  });

  test("a name that is repeated has several URLs", () => {
    const urls = "http://127.0.0.1:1,http://127.0.0.1:2";
    const { initialCluster } = options({
      name: "a",
      "listen-peer-urls": urls,
      "initial-cluster": "a=http://127.0.0.1:2,b=http://127.0.0.1:3,a=http://127.0.0.1:1",
    });
    expect(initialCluster).toEqual([
      { name: "a", peerUrls: ["http://127.0.0.1:2", "http://127.0.0.1:1"] },
      { name: "b", peerUrls: ["http://127.0.0.1:3"] },
    ]);
  });

  test("a variable that means nothing is named", () => {
    expect(load({}, { environment: { QUORATE_NAMES: "a", QUORATE_ENDPOINTS: "b", ETCD_NAME: "c" } }).warnings).toEqual([
      "The variable QUORATE_NAMES stands for no flag, and is passed over. Did you mean QUORATE_NAME?",
    ]);
  });

  test("each default can be read", () => {
    for (const name of FLAG_NAMES) expect(FLAGS[name].schema.safeParse(FLAGS[name].fallback).success).toBe(true);
  });
});

const TLS = { "peer-cert-file": "c", "peer-key-file": "k", "listen-peer-urls": "https://127.0.0.1:2380" };
const CLIENT_TLS = { "cert-file": "c", "key-file": "k", "listen-client-urls": "https://127.0.0.1:2379" };

describe("bad input", () => {
  test.each<readonly [Texts, string]>([
    [{ name: "a b" }, `--name is "a b": it has to be a name, without spaces, commas or =.`],
    [{ protocol: "raf" }, `--protocol is "raf": it has to be one of raft, zab. Did you mean raft?`],
    [
      { "heartbeat-interval": "1.5" },
      `--heartbeat-interval is "1.5": it has to be a whole number of milliseconds from 1 to 10000.`,
    ],
    [
      { "election-timeout": "60000" },
      `--election-timeout is "60000": it has to be a whole number of milliseconds from 5 to 50000.`,
    ],
    [
      { "election-timeout": "499" },
      `--election-timeout is 499: it has to be at least 5 times --heartbeat-interval, which is 100. Make it 500 or more.`,
    ],
    [
      { "max-request-bytes": "-1" },
      `--max-request-bytes is "-1": it has to be a whole number of bytes from 1024 to 16777216.`,
    ],
    [{ "pre-vote": "yes" }, `--pre-vote is "yes": it has to be true or false.`],
    [{ "initial-cluster-state": "joined" }, `--initial-cluster-state is "joined": it has to be one of new, existing.`],
    [{ "log-level": "loud" }, `--log-level is "loud": it has to be one of debug, info, warn, error, panic, fatal.`],
    [
      { "auto-compaction-retention": "soon" },
      `--auto-compaction-retention is "soon": in the mode periodic it has to be a time such as 30m or 1h30m, or a number of hours.`,
    ],
    [
      { "auto-compaction-retention": "1h", "auto-compaction-mode": "revision" },
      `--auto-compaction-retention is "1h": in the mode revision it has to be a number of revisions.`,
    ],
    [
      { "listen-client-urls": "127.0.0.1:2379" },
      `--listen-client-urls is "127.0.0.1:2379": it has to be a URL of the form http://host:port or https://host:port.`,
    ],
    [
      { "listen-client-urls": "http://127.0.0.1:1,http://127.0.0.1" },
      `--listen-client-urls is "http://127.0.0.1:1,http://127.0.0.1": it has to be for "http://127.0.0.1" a URL of the form http://host:port or https://host:port, and the port is missing.`,
    ],
    [
      { "listen-client-urls": "http://etcd.example:2379" },
      `--listen-client-urls has http://etcd.example:2379: a member listens on an IP address, or on localhost, and etcd.example is a name. Give the address, or 0.0.0.0 for all of this machine; the name belongs to what is advertised.`,
    ],
    [
      { "listen-client-urls": "http://10.0.0.1:2379" },
      `--listen-client-urls has http://10.0.0.1:2379: other machines could reach it, and nothing would be encrypted. Give an https URL and certificates, or --insecure-plaintext if the network is safe.`,
    ],
    [
      { "listen-metrics-urls": "http://10.0.0.1:2381" },
      `--listen-metrics-urls has http://10.0.0.1:2381: other machines could reach it, and nothing would be encrypted. Listen on 127.0.0.1, or give --insecure-plaintext if the network is safe.`,
    ],
    [
      { "listen-metrics-urls": "https://127.0.0.1:2381" },
      `--listen-metrics-urls has https://127.0.0.1:2381: metrics are served without TLS. Give an http URL.`,
    ],
    [
      { "listen-client-urls": "http://0.0.0.0:2379", "insecure-plaintext": "true" },
      `--advertise-client-urls is missing: --listen-client-urls has http://0.0.0.0:2379, which means every address of this machine, and others can't connect to that. Give the URLs by which they reach it.`,
    ],
    [
      { "listen-client-urls": "http://127.0.0.1:2380" },
      `--listen-client-urls and --listen-peer-urls both have 127.0.0.1:2380. Give them ports of their own.`,
    ],
    [
      { "listen-peer-urls": "http://127.0.0.1:0" },
      `http://127.0.0.1:0 is to be advertised to other members, who can't connect to port 0. Give the port that they reach in --initial-advertise-peer-urls and --initial-cluster.`,
    ],
    [
      { "initial-cluster": "a" },
      `--initial-cluster is "a": it has to be name=URL with commas between them, such as a=http://10.0.0.1:2380, and not "a".`,
    ],
    [
      { "initial-cluster": "a=http://127.0.0.1:1,b=http://127.0.0.1:1" },
      `--initial-cluster is "a=http://127.0.0.1:1,b=http://127.0.0.1:1": it has to be each URL once, and http://127.0.0.1:1 is given to a and to b.`,
    ],
    [
      { name: "m1", "initial-cluster": "m0=http://127.0.0.1:2380" },
      `--name is "m1", and --initial-cluster has no such member, but m0. Did you mean m0?`,
    ],
    [
      { "initial-cluster": "default=http://127.0.0.1:2390" },
      `--initial-cluster has default at http://127.0.0.1:2390, and --initial-advertise-peer-urls is http://localhost:2380. They have to be the same, for every member takes them for default's id.`,
    ],
    [
      { "cert-file": "c", "listen-client-urls": "http://127.0.0.1:2379" },
      `--cert-file is given, and --key-file is missing.`,
    ],
    [
      { ...TLS, "peer-cert-file": "", "listen-peer-urls": "http://127.0.0.1:2380" },
      `--peer-key-file is given, and --peer-cert-file is missing.`,
    ],
    [
      { "listen-client-urls": "https://127.0.0.1:2379" },
      `--listen-client-urls has https://127.0.0.1:2379, and there is no certificate. Give --cert-file and --key-file, or an http URL.`,
    ],
    [
      { ...CLIENT_TLS, "listen-client-urls": "http://127.0.0.1:2379" },
      `--listen-client-urls has http://127.0.0.1:2379, and there is a certificate for TLS. Make it an https URL.`,
    ],
    [
      { ...CLIENT_TLS, "client-cert-auth": "true" },
      `--client-cert-auth asks for certificates, and --trusted-ca-file is missing, which says who has to have signed them.`,
    ],
    [
      { ...CLIENT_TLS, "auto-tls": "true" },
      `--auto-tls makes a certificate, and --cert-file gives one. Leave one out.`,
    ],
    [{ "trusted-ca-file": "ca" }, `--trusted-ca-file needs TLS, and --cert-file and --key-file are missing.`],
    [
      { ...TLS, "peer-cert-allowed-cn": "peer" },
      `--peer-cert-allowed-cn needs --peer-trusted-ca-file: without it nobody shows a certificate.`,
    ],
    [
      { ...TLS, "peer-cert-allowed-hostname": "peer.test" },
      `--peer-cert-allowed-hostname needs --peer-trusted-ca-file: without it nobody shows a certificate.`,
    ],
    [
      {
        ...TLS,
        "peer-trusted-ca-file": "ca",
        "peer-cert-allowed-cn": "peer",
        "peer-cert-allowed-hostname": "peer.test",
      },
      `--peer-cert-allowed-cn and --peer-cert-allowed-hostname are both given. Leave one out.`,
    ],
    [
      { ...TLS, "initial-advertise-peer-urls": "http://10.0.0.1:2380" },
      `--initial-advertise-peer-urls has http://10.0.0.1:2380, and there is a certificate for TLS. Make it an https URL.`,
    ],
  ])("%j", (texts, message) => {
    expect(problems(texts)).toEqual([message]);
  });

  test("who restores a member needs neither its certificates nor its ports, and does need to be in the cluster", () => {
    const texts = {
      name: "a",
      "initial-advertise-peer-urls": "https://10.0.0.1:2380",
      "initial-cluster": "a=https://10.0.0.1:2380,b=https://10.0.0.2:2380",
    };
    expect(problems(texts)).toHaveLength(2);
    expect(problems(texts, { purpose: "restore" })).toEqual([]);
    expect(problems({ ...texts, name: "c" }, { purpose: "restore" })).toHaveLength(1);
  });

  test("all that is wrong is told at once, and whose it is", () => {
    const configFile = file("wrong.yaml", "nmae: a\nheartbeat-interval: soon\n");
    const environment = { QUORATE_PRE_VOTE: "yes" };
    expect(problems({ "max-txn-ops": "0" }, { environment, configFile })).toEqual([
      `${configFile} has a key nmae, which is no flag. Did you mean name?`,
      `heartbeat-interval in ${configFile} is "soon": it has to be a whole number of milliseconds from 1 to 10000.`,
      `--max-txn-ops is "0": it has to be a whole number of operations from 1 to 1000000.`,
      `QUORATE_PRE_VOTE is "yes": it has to be true or false.`,
    ]);
  });

  test("values that each are right are judged together, and all of them", () => {
    expect(
      problems({ "listen-client-urls": "http://10.0.0.1:1", "election-timeout": "10", protocol: "x" }),
    ).toHaveLength(3);
  });

  test.each([
    ["a list", "- name\n", "has to be a mapping from flags to their values"],
    ["what is no YAML", "name: [a\n", "is no YAML: "],
    ["a key twice", "name: a\nname: b\n", "is no YAML: Map keys must be unique"],
    ["a value that is a mapping", "name: { a: b }\n", "name in "],
    ["a section that is a value", "peer-transport-security: a\n", "peer-transport-security in "],
    ["an unknown key of a section", "client-transport-security: { cert-fil: a }\n", "Did you mean cert-file?"],
    ["a flag that only etcd has", "wal-dir: a\n", "is etcd's, and has no counterpart here: log and data are one store"],
  ])("a file with %s", (_, text, message) => {
    const path = file("bad.yaml", text);
    const [problem, ...others] = problems({}, { configFile: path });
    expect(others).toEqual([]);
    expect(problem).toContain(message);
    expect(problem).toContain(path);
  });

  test("a file that is not there", () => {
    expect(problems({}, { configFile: "/nowhere/quorate.yaml" })).toEqual([
      expect.stringContaining("--config-file /nowhere/quorate.yaml can't be read: ENOENT"),
    ]);
  });
});
