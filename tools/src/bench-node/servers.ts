/** Three members on loopback, of either kind, with the same times and the same care for their disks. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection } from "./grpc.ts";
import { leaderIn, memberIn, status } from "./requests.ts";
import { freePort } from "../faults/free-port.ts";

export type Kind = "quorate" | "etcd";

/** How many members there are, and whether they wait for their disks. */
export type Shape = { readonly size: number; readonly sync: boolean };

type Member = {
  readonly name: string;
  readonly client: number;
  readonly args: readonly string[];
  process: ChildProcess | null;
};

const BINARY = fileURLToPath(new URL("../../../packages/node/bin/quorate.mjs", import.meta.url));

export class Servers {
  readonly kind: Kind;
  readonly #directory: string;
  readonly #members: readonly Member[];

  private constructor(kind: Kind, directory: string, members: readonly Member[]) {
    this.kind = kind;
    this.#directory = directory;
    this.#members = members;
    process.once("exit", this.#breakOff);
  }

  /** A benchmark that is broken off leaves nobody and nothing behind. */
  readonly #breakOff = (): void => {
    for (const member of this.#members) member.process?.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true });
  };

  static async start(kind: Kind, directory: string, { size, sync }: Shape): Promise<Servers> {
    const names = Array.from({ length: size }, (_, at) => `m${at + 1}`);
    const ports = await Promise.all(names.map(async () => ({ peer: await freePort(), client: await freePort() })));
    const cluster = names.map((name, at) => `${name}=http://127.0.0.1:${ports[at]?.peer ?? 0}`).join(",");
    const members = names.map((name, at): Member => {
      const { peer, client } = ports[at] ?? { peer: 0, client: 0 };
      const flags = Object.entries({
        name,
        "data-dir": join(directory, name),
        "listen-peer-urls": `http://127.0.0.1:${peer}`,
        "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
        "listen-client-urls": `http://127.0.0.1:${client}`,
        "advertise-client-urls": `http://127.0.0.1:${client}`,
        "initial-cluster": cluster,
        "initial-cluster-state": "new",
        "initial-cluster-token": kind,
        "heartbeat-interval": "100",
        "election-timeout": "1000",
        "log-level": "error",
        "quota-backend-bytes": `${8 * 1024 ** 3}`,
      }).flatMap(([flag, value]) => [`--${flag}`, value]);
      if (!sync) flags.push("--unsafe-no-fsync");
      return { name, client, args: kind === "quorate" ? [BINARY, "serve", ...flags] : flags, process: null };
    });
    const servers = new Servers(kind, directory, members);
    for (const member of members) servers.#spawn(member);
    await servers.leader();
    return servers;
  }

  get endpoints(): readonly string[] {
    return this.#members.map(({ client }) => `127.0.0.1:${client}`);
  }

  /** The place of the member that leads, once one does and all that run say so. */
  async leader(): Promise<number> {
    const end = performance.now() + 120_000;
    while (performance.now() < end) {
      const answers = await Promise.all(this.#members.map((member) => this.#ask(member)));
      const known = answers.filter((answer) => answer !== null);
      const [first] = known;
      const isOne = first !== undefined && first.leader !== "0" && known.every(({ leader }) => leader === first.leader);
      const place = answers.findIndex((answer) => answer?.self === first?.leader);
      if (isOne && place !== -1 && known.length === this.#members.filter((member) => member.process !== null).length)
        return place;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`The members of ${this.kind} have agreed on no leader in two minutes.`);
  }

  /** The endpoints, the leader's first: who has but one connection takes no detour, whichever member leads. */
  async endpointsFromLeader(): Promise<readonly string[]> {
    const place = await this.leader();
    return [...this.endpoints.slice(place), ...this.endpoints.slice(0, place)];
  }

  async kill(place: number): Promise<void> {
    const member = this.#members[place];
    if (member?.process === null || member?.process === undefined) return;
    const child = member.process;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    member.process = null;
  }

  restart(place: number): void {
    const member = this.#members[place];
    if (member !== undefined) this.#spawn(member);
  }

  /** What a member's files take, in bytes. */
  diskBytes(place: number): number {
    const directory = join(this.#directory, this.#members[place]?.name ?? "");
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  }

  /** Resident memory of all members, in bytes. */
  memory(): readonly number[] {
    return this.#members.flatMap((member) => {
      if (member.process?.pid === undefined) return [];
      const text = readFileSync(`/proc/${member.process.pid}/status`, "utf8");
      return [Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024];
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((_, place) => this.kill(place)));
    process.off("exit", this.#breakOff);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #spawn(member: Member): void {
    const command = this.kind === "quorate" ? process.execPath : "etcd";
    const child = spawn(command, member.args, { stdio: "ignore" });
    member.process = child;
  }

  async #ask({ client, process: child }: Member): Promise<{ readonly leader: string; readonly self: string } | null> {
    if (child === null) return null;
    const connection = new Connection(`127.0.0.1:${client}`);
    try {
      const { path, request } = status();
      const response = await connection.call(path, request);
      return { leader: leaderIn(response), self: memberIn(response) };
    } catch {
      // It does not serve yet, or not any more.
      return null;
    } finally {
      connection.close();
    }
  }
}
