/** The members of a cluster as processes, which the harness starts, stops, kills and pauses. */

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NodeOptions } from "@quorate/node";
import type { Plant } from "./member.ts";
import { Network } from "./network.ts";
import { freePort } from "./free-port.ts";

/** Ports: where others reach a member, where it listens behind that gate, and where its clients do. */
type Ports = { readonly gate: number; readonly peer: number; readonly client: number };

export type ClusterOptions = {
  readonly directory: string;
  readonly size: number;
  readonly sync: boolean;
  readonly plant: Plant;
  readonly snapshotCount: number;
};

type Member = { readonly options: NodeOptions; readonly ports: Ports; process: ChildProcess | null; isPaused: boolean };

const HEARTBEAT_MS = 50;
const ELECTION_MS = 500;

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #members = new Map<string, Member>();
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
    }
    await Promise.all(cluster.names.map((name) => cluster.start(name)));
    return cluster;
  }

  get names(): readonly string[] {
    return [...this.#members.keys()];
  }

  get running(): readonly string[] {
    return this.names.filter((name) => this.isRunning(name));
  }

  isRunning(name: string): boolean {
    const { process: child, isPaused } = this.#member(name);
    return child !== null && !isPaused;
  }

  endpoint(name: string): string {
    return `127.0.0.1:${this.#member(name).ports.client}`;
  }

  nameOf(memberId: string): string | null {
    return this.#names.get(memberId) ?? null;
  }

  dataFile(name: string): string {
    return join(this.#member(name).options.dataDir, "data.mdb");
  }

  /** Where a member writes its trace, also one that is no longer a member. */
  traceFile(name: string): string {
    return join(this.#options.directory, `${name}.ndjson`);
  }

  /** The traces of all members that there ever were. */
  get traceFiles(): readonly string[] {
    return [...this.#everyName].map((name) => this.traceFile(name)).filter((file) => existsSync(file));
  }

  pid(name: string): number | null {
    return this.#member(name).process?.pid ?? null;
  }

  /** Makes ready a member that is to join, and returns where its peers will reach it. */
  async prepareJoining(name: string): Promise<string> {
    const ports = await freePorts();
    const others = [...this.#members.values()].map(({ options }) => ({
      name: options.name,
      peerUrls: options.advertisePeerUrls,
    }));
    const initialCluster = [...others, { name, peerUrls: [urlOf(ports.gate)] }];
    await this.#prepare(name, ports, { initialCluster, initialClusterState: "existing" });
    return urlOf(ports.gate);
  }

  forget(name: string): void {
    this.#members.delete(name);
  }

  /** Resolves when the member serves; rejects if it ends before. */
  start(name: string): Promise<void> {
    const member = this.#member(name);
    const file = fileURLToPath(new URL("member.ts", import.meta.url));
    const argument = JSON.stringify({ options: member.options, plant: this.#options.plant });
    const child = fork(file, [argument], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child.stderr?.pipe(createWriteStream(join(this.#options.directory, `${name}.log`), { flags: "a" }));
    member.process = child;
    member.isPaused = false;
    return new Promise((resolve, reject) => {
      child.on("message", (message) => {
        if (message === null || typeof message !== "object" || !("memberId" in message)) return;
        this.#names.set(String(message.memberId), name);
        resolve();
      });
      child.on("exit", (code, signal) => {
        if (member.process === child) member.process = null;
        reject(new Error(`${name} has ended (${signal ?? `status ${code}`}). Its log:\n${this.logOf(name)}`));
      });
    });
  }

  /** The end of what a member said. */
  logOf(name: string): string {
    return readFileSync(join(this.#options.directory, `${name}.log`), "utf8").slice(-2_000);
  }

  async kill(name: string): Promise<void> {
    await this.#end(name, "SIGKILL");
  }

  /** As an operator stops it: it hands leadership over before. */
  async terminate(name: string): Promise<void> {
    await this.#end(name, "SIGTERM");
  }

  pause(name: string): void {
    const member = this.#member(name);
    member.process?.kill("SIGSTOP");
    member.isPaused = true;
  }

  resume(name: string): void {
    const member = this.#member(name);
    member.process?.kill("SIGCONT");
    member.isPaused = false;
  }

  /** All members stop in good order, so that their traces are whole. */
  async stop(): Promise<void> {
    await Promise.all(this.names.map((name) => this.terminate(name)));
  }

  async close(): Promise<void> {
    await Promise.all(this.names.map((name) => this.kill(name)));
    this.network.close();
  }

  async #end(name: string, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const { process: child } = this.#member(name);
    if (child === null) return;
    const ended = new Promise<void>((resolve) =>
      child.once("exit", () => {
        resolve();
      }),
    );
    child.kill("SIGCONT");
    child.kill(signal);
    await ended;
  }

  async #prepare(
    name: string,
    ports: Ports,
    change: Pick<NodeOptions, "initialCluster" | "initialClusterState">,
  ): Promise<void> {
    const dataDir = join(this.#options.directory, name);
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
      traceFile: this.traceFile(name),
      sync: this.#options.sync,
      logLevel: "info",
      logOutputs: [],
      metrics: "basic",
    };
    this.#members.set(name, { options, ports, process: null, isPaused: false });
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
