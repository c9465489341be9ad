/** Debian's `etcdctl`, as a client of the API. */

import { execFile, spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";

/** Nothing that etcdctl does here takes so long. */
const TIMEOUT_MS = 20_000;

const ENVIRONMENT = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", ETCDCTL_API: "3", HOME: "/nonexistent" };

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs it to its end. */
export function etcdctl(address: string, args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { env: ENVIRONMENT, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile("etcdctl", ["--endpoints", address, ...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (error.code === "ENOENT") return reject(new Error("etcdctl is missing: apt-get install etcd-client"));
      if (typeof error.code !== "number") return reject(error);
      resolve({ code: error.code, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** Starts it, for commands that go on; whoever starts it ends it. */
export function startEtcdctl(address: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn("etcdctl", ["--endpoints", address, ...args], { env: ENVIRONMENT });
}
