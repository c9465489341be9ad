/**
 * A member's disk has no room left for a while. Its data are put on a small file system in memory, which is then filled up,
 * so that the error comes from where it would come from. A mount namespace holds it, so that nothing else sees it and
 * nothing of it stays behind; who is not root needs a user namespace as well.
 */

import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OtherDisk } from "./cluster.ts";
import { EndedError } from "./member-process.ts";
import type { Ending } from "./member-process.ts";
import type { Fault } from "./schedule.ts";
import { demandExit, memberOf, wait } from "./stage.ts";
import type { Exit, Stage } from "./stage.ts";

/** What a member ends with that has no room: see the exit codes in the README of packages/node. */
const NO_ROOM: Exit = { code: 74, reason: /No room in .* Make room/ };
/** What the disk has room for besides what is there, before it is filled. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** What is written meanwhile, so that a file which has room inside it has to grow. */
const PRESSURE_BYTES = 64 * 1024;
const FULL_MS = 30_000;

/** Whether this user may mount. As root a namespace is had for the asking, else it takes one of users, in which one is root. */
function unshareWords(): readonly string[] {
  return process.getuid?.() === 0 ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
}

/** Why no small disk can be had here; null if it can. */
export function smallDiskComplaint(): string | null {
  try {
    const words = [...unshareWords(), "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"];
    execFileSync("unshare", words, { stdio: ["ignore", "ignore", "pipe"] });
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().replaceAll("\n", " ") : String(error);
    return (
      `no file system can be mounted in a namespace (${reason}); run as root, or have the system allow user namespaces ` +
      `(where AppArmor forbids them: sysctl kernel.apparmor_restrict_unprivileged_userns=0)`
    );
  }
}

/** A small file system, as long as the process lives that holds it. */
class SmallDisk {
  readonly #keeper: ChildProcess;
  readonly #mountPoint: string;

  /** `mountPoint` is an empty directory. */
  static async open(mountPoint: string, bytes: number): Promise<SmallDisk> {
    const script = `mount -t tmpfs -o "size=$1,mode=700" tmpfs "$2" && echo ready && exec cat`;
    const keeper = spawn("unshare", [...unshareWords(), "sh", "-c", script, "sh", `${bytes}`, mountPoint], {
      // It ends when the harness does, since then nobody writes to it any more.
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(keeper, "exit").then(() => {
      throw new Error(`No file system of ${bytes} bytes could be mounted at ${mountPoint}.`);
    });
    await Promise.race([once(keeper.stdout, "data"), ended]);
    ended.catch(() => undefined);
    return new SmallDisk(keeper, mountPoint);
  }

  private constructor(keeper: ChildProcess, mountPoint: string) {
    this.#keeper = keeper;
    this.#mountPoint = mountPoint;
  }

  /** The member's data, as the member sees them. */
  get disk(): OtherDisk {
    const user = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
    const prefix = ["nsenter", "--target", `${this.#keeper.pid}`, ...user, "--mount", "--"];
    return { directory: join(this.#mountPoint, "data"), prefix };
  }

  /** The member's data, as the harness sees them. */
  get data(): string {
    return join(this.#root, "data");
  }

  /** Leaves so many bytes free, about. */
  fill(roomBytes: number): void {
    const { bavail, bsize } = statfsSync(this.#root);
    writeFileSync(this.#balloon, Buffer.alloc(Math.max(0, bavail * bsize - roomBytes)));
  }

  makeRoom(): void {
    rmSync(this.#balloon);
  }

  async close(): Promise<void> {
    const ended = once(this.#keeper, "exit");
    this.#keeper.stdin?.end();
    await ended;
  }

  get #root(): string {
    return join(`/proc/${this.#keeper.pid}/root`, this.#mountPoint);
  }

  get #balloon(): string {
    return join(this.#root, "balloon");
  }
}

export async function fillDisk(
  stage: Stage,
  { whom, roomBytes, again, ms }: Extract<Fault, { readonly type: "full" }>,
): Promise<void> {
  const { cluster, note } = stage;
  const name = await memberOf(stage, whom);
  await cluster.kill(name);
  const own = cluster.dataDirectory(name);
  const mountPoint = `${own}.small`;
  mkdirSync(mountPoint);
  const bytes = readdirSync(own).reduce((sum, file) => sum + statSync(join(own, file)).size, SPARE_BYTES);
  const disk = await SmallDisk.open(mountPoint, bytes);
  try {
    cpSync(own, disk.data, { recursive: true });
    cluster.moveTo(name, disk.disk);
    await cluster.start(name);
    note(`the disk of ${name} has ${roomBytes} bytes left`);
    disk.fill(roomBytes);
    await runFull(stage, name, again);
    disk.makeRoom();
    note(`  the disk of ${name} has room again`);
    if (cluster.process(name) === null) await cluster.start(name);
    await wait(ms);
    await cluster.terminate(name);
    rmSync(own, { recursive: true });
    cpSync(disk.data, own, { recursive: true });
  } finally {
    await cluster.kill(name);
    cluster.moveTo(name, null);
    await disk.close();
    rmSync(mountPoint, { recursive: true });
  }
  await cluster.start(name);
}

/** The member ends for want of room, and does so again if it is started `again` before there is any. */
async function runFull(stage: Stage, name: string, again: boolean): Promise<void> {
  const { note } = stage;
  const ending = await endWithoutRoom(stage, name);
  if (ending === null) return note(`  ${name} has found room within its file`);
  demandExit(stage, name, ending, [NO_ROOM]);
  note(`  ${name} has ended for want of room`);
  if (!again) return;
  try {
    await stage.cluster.start(name);
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    note(`  ${name} does not start without room`);
    return demandExit(stage, name, error.ending, [NO_ROOM]);
  }
  const next = await endWithoutRoom(stage, name);
  note(next === null ? `  ${name} serves again without it` : `  ${name} has started without room, and ended again`);
  if (next !== null) demandExit(stage, name, next, [NO_ROOM]);
}

/** Writes until the member ends, or for long enough. The end is null if it lives on. */
async function endWithoutRoom({ cluster }: Stage, name: string): Promise<Ending | null> {
  const child = cluster.process(name);
  if (child === null) return null;
  child.expectEnd();
  let isOver = false;
  const pressing = press();
  const ending = await Promise.race([child.ended, wait(FULL_MS)]);
  isOver = true;
  await pressing;
  return ending ?? null;

  async function press(): Promise<void> {
    while (!isOver) {
      const other = cluster.running.find((running) => running !== name);
      if (other === undefined) return;
      // Whether it is taken does not matter: the member can't be asked, and a leader that ends has no answer.
      await cluster
        .ask(other, (client) => client.put("bulk", "x".repeat(PRESSURE_BYTES)), 1_000)
        .catch(() => wait(100));
    }
  }
}
