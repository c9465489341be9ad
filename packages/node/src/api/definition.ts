/** The services for clients that use `@grpc/grpc-js`. */

import { fileURLToPath } from "node:url";
import { loadPackageDefinition } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

type Definition = {
  readonly [service in "KV" | "Watch" | "Lease" | "Cluster" | "Maintenance" | "Auth" | "Sessions"]: ServiceDefinition;
};

/**
 * The services' definitions, as `proto/rpc.proto` and `proto/quorate.proto` have them: names of fields as there, 64-bit numbers in decimal digits,
 * enums by name, and every field there.
 */
export function loadDefinition(): Definition {
  const directory = fileURLToPath(new URL("proto", import.meta.url));
  const loaded = loadPackageDefinition(
    loadSync(["rpc.proto", "quorate.proto"], {
      includeDirs: [directory],
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      oneofs: true,
      arrays: true,
    }),
  );
  const service = (name: string, of = "etcdserverpb"): ServiceDefinition => {
    const scope = loaded[of];
    const found = scope !== undefined && name in scope ? Reflect.get(scope, name) : undefined;
    if (typeof found !== "function" || !("service" in found)) throw new Error(`There is no service ${of}.${name}.`);
    return found.service as ServiceDefinition;
  };
  return {
    KV: service("KV"),
    Watch: service("Watch"),
    Lease: service("Lease"),
    Cluster: service("Cluster"),
    Maintenance: service("Maintenance"),
    Auth: service("Auth"),
    Sessions: service("Sessions", "quorate"),
  };
}
