/** The members of a cluster as processes, which the harness starts, stops, kills and pauses. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { NodeOptions } from "@quorate/node";
import { EtcdClient } from "./client.ts";
import { freePort } from "./free-port.ts";
import { MEMBER_PROGRAM, MemberProcess, textOf } from "./member-process.ts";
import type { Ending } from "./member-process.ts";
import { Network } from "./network.ts";

/** Ports: where others reach a member, where it listens behind that gate, and where its clients do. */
type Ports = { readonly gate: number; readonly peer: number; readonly client: number };

export type ClusterOptions = {
  readonly directory: string;
  readonly size: number;
  readonly snapshotCount: number;
  /** The program that members run as; null for the one without a bug. */
  readonly program: string | null;
  /** What a member finds in its environment, besides what the harness has. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  /** A member did what no member should, whatever is done to it. */
  readonly onComplaint: (text: string) => void;
};

/** Where a member's data lie, other than in its own directory. */
export type OtherDisk = {
  /** The directory, as the member sees it. */
  readonly directory: string;
  /** What puts a command where the directory is seen. */
  readonly prefix: readonly string[];
};

type Member = { options: NodeOptions; readonly ports: Ports; process: MemberProcess | null; disk: OtherDisk | null };

const HEARTBEAT_MS = 50;
const ELECTION_MS = 500;

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #members = new Map<string, Member>();
  /** Who takes each place. */
  readonly #places: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #everyName = new Set<string>();
  readonly network: Network = new Network(this.#names);

  private constructor(options: ClusterOptions) {
    this.#options = options;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    const ports = await Promise.all(Array.from({ length: options.size }, freePorts));
    const initialCluster = ports.map(({ gate }, at) => ({ name: `m${at + 1}`, peerUrls: [urlOf(gate)] }));
    for (const [at, { name }] of initialCluster.entries()) {
      const of = ports[at];
      if (of !== undefined) await cluster.#prepare(name, of, { initialCluster, initialClusterState: "new" });
      cluster.#places.push(name);
    }
    await Promise.all(cluster.names.map((name) => cluster.start(name)));
    return cluster;
  }

  /** All members, with one that joins or leaves just now. */
  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  get running(): readonly string[] {
    return this.names.filter((name) => this.isRunning(name));
  }

  isRunning(name: string): boolean {
    const { process: child } = this.#member(name);
    return child !== null && !child.isPaused;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  at(place: number): string {
    const name = this.#places[place];
    if (name === undefined) throw new RangeError(`There are ${this.#places.length} places, and none ${place}.`);
    return name;
  }

  endpoint(name: string): string {
    return `127.0.0.1:${this.#member(name).ports.client}`;
  }

  nameOf(memberId: string): string | null {
    return this.#names.get(memberId) ?? null;
  }

  dataDirectory(name: string): string {
    return join(this.#options.directory, name);
  }

  dataFile(name: string): string {
    return join(this.dataDirectory(name), "data.mdb");
  }

  /** The traces of all members that there ever were. */
  get traceFiles(): readonly string[] {
    return [...this.#everyName].map((name) => this.#traceFile(name)).filter((file) => existsSync(file));
  }

  process(name: string): MemberProcess | null {
    return this.#member(name).process;
  }

  /** Has a member keep its data elsewhere from its next start on; null for where it began. */
  moveTo(name: string, disk: OtherDisk | null): void {
    const member = this.#member(name);
    member.disk = disk;
    member.options = { ...member.options, dataDir: disk?.directory ?? this.dataDirectory(name) };
  }

  /** Makes ready a member that is to join, with a name of its own, and returns that and where its peers will reach it. */
  async prepareJoining(): Promise<{ readonly name: string; readonly url: string }> {
    const name = `m${this.#everyName.size + 1}`;
    const ports = await freePorts();
    const others = [...this.#members.values()].map(({ options }) => ({
      name: options.name,
      peerUrls: options.advertisePeerUrls,
    }));
    const initialCluster = [...others, { name, peerUrls: [urlOf(ports.gate)] }];
    await this.#prepare(name, ports, { initialCluster, initialClusterState: "existing" });
    return { name, url: urlOf(ports.gate) };
  }

  /** `old` is gone for good, and `successor` takes its place. */
  replace(old: string, successor: string): void {
    this.#places[this.#places.indexOf(old)] = successor;
    this.#members.delete(old);
    rmSync(this.dataDirectory(old), { recursive: true, force: true });
  }

  /**
   * Resolves when the member serves.
   *
   * @throws EndedError (by rejection) if it ends before
   */
  async start(name: string): Promise<void> {
    const member = this.#member(name);
    const child = new MemberProcess({
      node: member.options,
      program: this.#options.program ?? MEMBER_PROGRAM,
      prefix: member.disk?.prefix ?? [],
      environment: this.#options.environmentOf(name),
      logFile: join(this.#options.directory, `${name}.log`),
      onUp: (memberId) => this.#names.set(memberId, name),
      onOwnEnd: (ending) => {
        this.#options.onComplaint(`${name} has ended by itself ${textOf(ending)}`);
      },
    });
    member.process = child;
    void child.ended.then(() => {
      if (member.process === child) member.process = null;
    });
    await child.serving;
  }

  async kill(name: string): Promise<void> {
    await this.process(name)?.kill();
  }

  /** As an operator stops it. */
  async terminate(name: string): Promise<void> {
    const ending: Ending | undefined = await this.process(name)?.terminate();
    if (ending === undefined || ending.code === 0) return;
    this.#options.onComplaint(`${name} was told to stop, and ended ${textOf(ending)}`);
  }

  /** All members stop in good order, so that their traces are whole. */
  async stop(): Promise<void> {
    await Promise.all(this.names.map((name) => this.terminate(name)));
  }

  async close(): Promise<void> {
    await Promise.all(this.names.map((name) => this.kill(name)));
    this.network.close();
  }

  /** Asks one member with a client of its own. */
  async ask<T>(name: string, what: (client: EtcdClient) => Promise<T>, timeoutMs = 5_000): Promise<T> {
    const client = new EtcdClient(this.endpoint(name), timeoutMs);
    try {
      return await what(client);
    } finally {
      client.close();
    }
  }

  #traceFile(name: string): string {
    return join(this.#options.directory, `${name}.ndjson`);
  }

  async #prepare(
    name: string,
    ports: Ports,
    change: Pick<NodeOptions, "initialCluster" | "initialClusterState">,
  ): Promise<void> {
    const dataDir = this.dataDirectory(name);
    mkdirSync(dataDir, { recursive: true });
    const options: NodeOptions = {
      name,
      dataDir,
      protocol: "raft",
      listenPeerUrls: [urlOf(ports.peer)],
      listenClientUrls: [urlOf(ports.client)],
      listenMetricsUrls: [],
      advertisePeerUrls: [urlOf(ports.gate)],
      advertiseClientUrls: [urlOf(ports.client)],
      ...change,
      token: "faults",
      heartbeatMs: HEARTBEAT_MS,
      electionMs: ELECTION_MS,
      snapshotCount: this.#options.snapshotCount,
      maxRequestBytes: 1.5 * 1024 * 1024,
      maxTxnOps: 128,
      maxConcurrentStreams: 10_000,
      quotaBytes: 2 * 1024 ** 3,
      autoCompaction: null,
      preVote: true,
      strictReconfiguration: true,
      clientTls: null,
      peerTls: null,
      autoTls: false,
      traceFile: this.#traceFile(name),
      sync: true,
      logLevel: "info",
      logOutputs: [],
      metrics: "basic",
    };
    this.#members.set(name, { options, ports, process: null, disk: null });
    this.#everyName.add(name);
    await this.network.open(ports.gate, name, ports.peer);
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`There is no member ${name}.`);
    return member;
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function freePorts(): Promise<Ports> {
  return { gate: await freePort(), peer: await freePort(), client: await freePort() };
}
