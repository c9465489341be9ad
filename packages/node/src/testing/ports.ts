import { createServer } from "node:net";
import type { Server } from "node:net";

/** So many ports of this machine that nobody listens at, all different. Somebody else may take one before it is used. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(closed));
  return ports;
}

/** A port such that it and those at these distances from it are free. */
export async function freeBase(distances: readonly number[]): Promise<number> {
  for (;;) {
    const [base = 0] = await freePorts(1);
    try {
      await Promise.all((await Promise.all(distances.map((distance) => listening(base + distance)))).map(closed));
      return base;
    } catch {
      // One of them is taken, or is no port: the next try is elsewhere.
    }
  }
}

function listening(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It does not listen at a port.");
  return address.port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
