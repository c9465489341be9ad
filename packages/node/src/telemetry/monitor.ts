/** The HTTP server of a member: metrics, health, version. Nothing here changes anything, and nothing is secret. */

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import type { Address } from "../config/urls.ts";
import { healthOf } from "./health.ts";
import type { HealthQuestion, HealthSource } from "./health.ts";

export type MonitorOptions = {
  readonly listen: readonly Address[];
  readonly registry: Registry;
  readonly health: HealthSource;
  /** The version of etcd whose API this is: clients look at it. */
  readonly apiVersion: string;
};

export type Monitor = { readonly addresses: readonly Address[]; close(): Promise<void> };

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const CONNECTIONS_MAX = 256;
const REQUEST_MS = 10_000;
const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";

/** @throws Error (by rejection) if an address can't be listened at; nothing listens then */
export async function openMonitor(options: MonitorOptions): Promise<Monitor> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  const addresses: Address[] = [];
  try {
    for (const { host, port } of options.listen) {
      const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
        void respond(options, request, response);
      });
      server.maxConnections = CONNECTIONS_MAX;
      const { port: bound } = await listen(server, host, port);
      servers.push(server);
      addresses.push({ host, port: bound });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses, close };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error(`${host}:${port} is no address of TCP.`));
      else resolve(address);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

async function respond(options: MonitorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await answerTo(options, request).catch((error: unknown): Answer => ({
    status: 500,
    type: TEXT,
    body: `${error instanceof Error ? error.message : String(error)}\n`,
  }));
  response.writeHead(status, { "content-type": type, "x-content-type-options": "nosniff" });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function answerTo(options: MonitorOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return { status: 405, type: TEXT, body: "Method Not Allowed\n" };
  const [path, search = ""] = (request.url ?? "/").split("?", 2);
  const question = questionOf(new URLSearchParams(search));
  switch (path) {
    case "/metrics":
      return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
    case "/health":
      return await health(options, question);
    case "/readyz":
      return await ready(options, question);
    case "/livez":
      return { status: 200, type: TEXT, body: "ok\n" };
    case "/version":
      return json(200, { etcdserver: options.apiVersion, etcdcluster: options.apiVersion });
    case undefined:
    default:
      return { status: 404, type: TEXT, body: "There is /metrics, /health, /readyz, /livez and /version.\n" };
  }
}

async function health({ health: source }: MonitorOptions, question: HealthQuestion): Promise<Answer> {
  const found = await healthOf(source, question);
  return found.isHealthy ? json(200, { health: "true" }) : json(503, { health: "false", reason: found.reason });
}

async function ready({ health: source }: MonitorOptions, question: HealthQuestion): Promise<Answer> {
  const found = await healthOf(source, question);
  return found.isHealthy
    ? { status: 200, type: TEXT, body: "ok\n" }
    : { status: 503, type: TEXT, body: `${found.reason}\n` };
}

function questionOf(parameters: URLSearchParams): HealthQuestion {
  return { serializable: parameters.get("serializable") === "true", exclude: parameters.getAll("exclude") };
}

function json(status: number, body: Readonly<Record<string, string>>): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(body) };
}
