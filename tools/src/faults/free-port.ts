import { createServer } from "node:net";

/** A port on loopback that nobody listens at. Others may take it meanwhile, but the system hands out each in its turn. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("The system has given no port."));
      });
    });
  });
}
