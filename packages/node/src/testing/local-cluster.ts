/** Clusters of real nodes in the process of a test: real disks in a temporary directory, real sockets on loopback. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeOptions } from "../config/options.ts";
import { checkTraces } from "./check-traces.ts";
import { startNode } from "../node.ts";
import type { RunningNode, Telemetry } from "../node.ts";
import type { StoreCommand } from "../store/types.ts";
import { freePorts } from "./ports.ts";

/** As etcd has them: all members of a cluster share one thread here, and that has to be long enough where the machine is busy. */
const HEARTBEAT_MS = 100;
const ELECTION_MS = 1_000;

export type Ports = { readonly peer: number; readonly client: number };

export class LocalCluster {
  readonly directory: string = mkdtempSync(join(tmpdir(), "quorate-test-"));
  readonly #options = new Map<string, NodeOptions>();
  readonly #nodes = new Map<string, RunningNode>();
  /** What the nodes said, for a test that fails. */
  readonly log: string[] = [];
  /** Told of each command that a member has applied, before its client is answered. */
  onApplied: (name: string, command: StoreCommand) => void = () => undefined;

  /** Starts a cluster of members m1, m2, ..., after `prepare` for each. */
  static async start(
    size: number,
    change: Partial<NodeOptions> = {},
    prepare: (options: NodeOptions) => Promise<void> = () => Promise.resolve(),
  ): Promise<LocalCluster> {
    const cluster = new LocalCluster();
    const ports = await portsOf(size);
    const initial = ports.map(({ peer }, at) => ({ name: `m${at + 1}`, peerUrls: [urlOf(peer, change)] }));
    for (const [at, { name }] of initial.entries()) {
      const { peer, client } = ports[at] ?? NO_PORTS;
      const urls = { listenPeerUrls: [urlOf(peer, change)], advertisePeerUrls: [urlOf(peer, change)] };
      const options = { ...cluster.defaults(name, { peer, client }), initialCluster: initial, ...urls, ...change };
      cluster.#options.set(name, options);
      await prepare(options);
    }
    await Promise.all(initial.map(({ name }) => cluster.run(name)));
    return cluster;
  }

  defaults(name: string, { peer, client }: Ports): NodeOptions {
    return {
      name,
      dataDir: join(this.directory, name),
      protocol: "raft",
      listenPeerUrls: [urlOf(peer)],
      listenClientUrls: [urlOf(client)],
      listenMetricsUrls: [],
      advertisePeerUrls: [urlOf(peer)],
      advertiseClientUrls: [urlOf(client)],
      initialCluster: [],
      initialClusterState: "new",
      token: "test",
      heartbeatMs: HEARTBEAT_MS,
      electionMs: ELECTION_MS,
      snapshotCount: 100_000,
      maxRequestBytes: 1.5 * 1024 * 1024,
      maxTxnOps: 128,
      maxConcurrentStreams: 1_000,
      quotaBytes: 2 * 1024 ** 3,
      autoCompaction: null,
      preVote: true,
      strictReconfiguration: true,
      clientTls: null,
      peerTls: null,
      autoTls: false,
      traceFile: join(this.directory, `${name}.ndjson`),
      sync: false,
      logLevel: "info",
      logOutputs: [],
      metrics: "basic",
    };
  }

  /** Starts a member, again or for the first time. */
  async run(name: string, change: Partial<NodeOptions> = {}): Promise<RunningNode> {
    const known = this.#options.get(name);
    if (known === undefined) throw new Error(`There is no ${name} in this test.`);
    const options = { ...known, ...change };
    this.#options.set(name, options);
    const node = await startNode(options, this.#telemetry(name));
    this.#nodes.set(name, node);
    return node;
  }

  /** A member that joins: its options, which `run` starts. */
  async prepare(name: string): Promise<NodeOptions> {
    const [{ peer, client } = NO_PORTS] = await portsOf(1);
    const others = [...this.#options.values()].flatMap(({ initialCluster }) => initialCluster);
    const known = new Map(others.map((member) => [member.name, member]));
    known.set(name, { name, peerUrls: [urlOf(peer)] });
    const options: NodeOptions = {
      ...this.defaults(name, { peer, client }),
      initialCluster: [...known.values()],
      initialClusterState: "existing",
    };
    this.#options.set(name, options);
    return options;
  }

  async stop(name: string): Promise<void> {
    await this.node(name).stop();
    this.#nodes.delete(name);
  }

  node(name: string): RunningNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`${name} does not run.`);
    return node;
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  endpoint(name: string): string {
    return `127.0.0.1:${this.node(name).clientAddresses[0]?.port ?? 0}`;
  }

  get endpoints(): string {
    return this.names.map((name) => this.endpoint(name)).join(",");
  }

  /** The name of the member that leads, once all that run agree on one. */
  async leader(): Promise<string> {
    let found = "";
    await this.until("one leader", () => {
      const leaders = new Set([...this.#nodes.values()].map(({ member }) => member.leader));
      const [leader] = leaders;
      if (leaders.size !== 1 || leader === undefined || leader === null) return false;
      found = this.names.find((name) => this.node(name).member.memberId === leader) ?? "";
      return found !== "";
    });
    return found;
  }

  /** Waits for something to come true, and tells what the nodes said if it does not. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = performance.now() + 30_000;
    while (!isSo()) {
      if (performance.now() > end) throw new Error(`Not so in time: ${what}.\n${this.log.slice(-60).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The same where it takes a try, which may also fail. */
  async eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 30_000;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > end) throw new Error(`Not so in time: ${what}.\n${this.log.slice(-60).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Stops everybody, and holds what all have written against core and the properties of their protocol. */
  async close(): Promise<void> {
    // All at once: nobody waits for somebody to take leadership over.
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    try {
      await checkTraces([...this.#options.values()].flatMap(({ traceFile }) => traceFile ?? []));
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  #telemetry(name: string): Telemetry {
    const say =
      (level: string) =>
      (details: object, message: string): void => {
        this.log.push(`${name} ${level} ${message} ${JSON.stringify(details)}`);
      };
    const note = (...words: readonly unknown[]): void => {
      this.log.push([name, ...words].map(String).join(" "));
    };
    return {
      log: { debug: () => undefined, info: say("info"), warn: say("warn") },
      member: {
        onLeader: (leader, term) => {
          note("leader", leader, "term", term);
        },
        onApplied: (_index, command) => {
          this.onApplied(name, command);
        },
        onProposal: () => undefined,
        onSlowApply: (command, ms) => {
          note("applied", command.type, "in", ms);
        },
        onReadFailed: () => undefined,
        onFlush: () => undefined,
        onPause: (ms) => {
          note("paused", ms);
        },
        onHung: (isHung) => {
          note("hung", isHung);
        },
        onStrange: (what) => {
          note(what);
        },
        onSetback: (what, error) => {
          note(what, error);
        },
      },
      api: { onCall: () => undefined, onReceived: () => undefined, onSent: () => undefined },
    };
  }
}

function urlOf(port: number, { peerTls = null }: Partial<NodeOptions> = {}): string {
  return `${peerTls === null ? "http" : "https"}://127.0.0.1:${port}`;
}

const NO_PORTS: Ports = { peer: 0, client: 0 };

/** The ports of so many members. */
async function portsOf(size: number): Promise<readonly Ports[]> {
  const ports = await freePorts(2 * size);
  return Array.from({ length: size }, (_, at) => ({ peer: ports[2 * at] ?? 0, client: ports[2 * at + 1] ?? 0 }));
}
