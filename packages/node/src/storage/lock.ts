/**
 * One process has a directory open at a time. LMDB itself would let several.
 *
 * The lock is a name that only one process can listen on, made from the directory's device and inode: on Linux an abstract
 * socket, on Windows a named pipe. The kernel gives names out atomically and takes them back when a process ends, however
 * it ends, so that no lock is ever left behind, and none has to be judged stale by process ids, which are used again.
 * Elsewhere it is a socket in the folder for temporary files; there a name does stay behind, and is removed once nobody
 * answers on it.
 *
 * Abstract sockets belong to a network namespace: two containers with one volume and a network each do not see each
 * other's lock.
 */

import { statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageError, systemError } from "./error.ts";

export type Lock = { release(): Promise<void> };

/** @throws StorageError `locked` if it is held */
export async function lock(directory: string): Promise<Lock> {
  const name = nameOf(directory);
  const server = (await listen(directory, name)) ?? (await listenAgain(directory, name));
  if (server === null) {
    const mend = "Stop that, or give this member a data directory of its own.";
    throw new StorageError("locked", `${directory} is in use by another process, or twice by this one. ${mend}`);
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function nameOf(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  const name = `quorate-storage-${dev}-${ino}`;
  if (process.platform === "linux") return `\0${name}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}

/** Null if somebody listens on the name, or did. */
function listen(directory: string, name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(systemError(directory, "taking its lock", error));
    });
    server.listen({ path: name, exclusive: true }, () => resolve(server));
  });
}

/** Once more where a name can outlive its process, if nobody answers on it. */
async function listenAgain(directory: string, name: string): Promise<Server | null> {
  if (process.platform === "linux" || process.platform === "win32" || (await isAnswered(name))) return null;
  unlinkSync(name);
  return listen(directory, name);
}

function isAnswered(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(name);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
