import { createServer } from "node:net";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Etcd3 } from "etcd3";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { EXIT } from "./exit.ts";
import { freePorts } from "../testing/ports.ts";
import { Workplace } from "./testing/workplace.ts";
import type { Running } from "./testing/workplace.ts";

const HOLDER = fileURLToPath(new URL("testing/hold-writes.ts", import.meta.url));
const workplace = new Workplace();
afterAll(() => workplace.remove());

const serving = z.object({
  msg: z.literal("serving"),
  clients: z.array(z.string()),
  metrics: z.array(z.string()),
  memberId: z.string(),
});

/** The words for a member of its own, whose client and metrics ports the system picks. */
async function words(name: string, ...more: readonly string[]): Promise<readonly string[]> {
  const [peer = 0] = await freePorts(1);
  const urls = ["--listen-peer-urls", `http://127.0.0.1:${peer}`, "--listen-client-urls", "http://127.0.0.1:0"];
  return ["serve", "--name", name, "--data-dir", name, ...urls, ...more];
}

async function served(running: Running): Promise<z.output<typeof serving>> {
  const [line = ""] = await running.says(/^\{.*"msg":"serving"\}$/m);
  return serving.parse(JSON.parse(line));
}

test("a member serves health and metrics, hands out no stack, and stops in good order", async () => {
  const member = workplace.start(await words("a", "--metrics", "extensive"));
  const { metrics, clients, memberId } = await served(member);
  // Its own leader: that comes about by itself.
  await member.says(/"msg":"a member leads"/);
  const health = await fetch(`${metrics[0]}/health`);
  expect([health.status, await health.json()]).toEqual([200, { health: "true" }]);
  const text = await (await fetch(`${metrics[0]}/metrics`)).text();
  expect(text).toContain("\netcd_server_is_leader 1\n");
  expect(text).toContain(`\netcd_server_id{server_id="${memberId}"} 1\n`);

  const status = await workplace.quorate("member", "list", "--endpoints", clients[0] ?? "");
  expect([status.code, status.stderr]).toEqual([EXIT.ok, ""]);
  expect(status.stdout).toContain(memberId);
  // It is known where the system has let it listen, and not where it was asked to.
  expect(status.stdout).toContain(clients[0]);

  const figure = async (name: string): Promise<number> => {
    const scraped = await (await fetch(`${metrics[0]}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(scraped)?.[1]);
  };
  const names = ["etcd_server_proposals_committed_total", "etcd_server_proposals_applied_total", "quorate_last_index"];
  const before = await Promise.all(names.map(figure));
  const received = await figure("etcd_network_client_grpc_received_bytes_total");
  const sent = await figure("etcd_network_client_grpc_sent_bytes_total");
  const url = "http://127.0.0.1:1";
  const updated = await workplace.quorate("member", "update", "a", "--peer-urls", url, "--endpoints", clients[0] ?? "");
  expect([updated.code, updated.stderr]).toEqual([EXIT.ok, ""]);
  for (const [at, name] of names.entries()) expect(await figure(name)).toBeGreaterThan(before[at] ?? Infinity);
  expect(await figure("etcd_server_proposals_pending")).toBe(0);
  // The request has the URL, and so has the answer.
  expect(await figure("etcd_network_client_grpc_received_bytes_total")).toBeGreaterThan(received + url.length);
  expect(await figure("etcd_network_client_grpc_sent_bytes_total")).toBeGreaterThan(sent + url.length);
  for (const name of ["etcd_server_slow_apply_total", "etcd_server_read_indexes_failed_total"])
    expect(await figure(name)).toBeGreaterThanOrEqual(0);

  const after = await (await fetch(`${metrics[0]}/metrics`)).text();
  expect(after).toMatch(/\ngrpc_server_handling_seconds_count\{.*grpc_method="MemberList"\} 2\n/);

  // A second process must not touch what the first one has open.
  const second = await workplace.quorate(...(await words("a")));
  expect(second.code).toBe(EXIT.storage);
  expect(second.stderr).toMatch(
    /quorate: .*a is in use by .*\. Stop that, or give this member a data directory of its own/,
  );

  member.child.kill("SIGTERM");
  const { code, stderr } = await member.ended;
  expect(code).toBe(EXIT.ok);
  expect(stderr).toContain('"reason":"SIGTERM","msg":"stopping"');
  expect(stderr.trimEnd().split("\n").at(-1)).toContain('"msg":"stopped"');
});

test("a certificate of its own lets clients in that trust it", async () => {
  const member = workplace.start(await words("tls", "--auto-tls", "--listen-client-urls", "https://127.0.0.1:0"));
  const { clients } = await served(member);
  const endpoint = clients[0] ?? "";
  expect(endpoint).toMatch(/^https:/);
  const cacert = ["--cacert", workplace.path("tls/fixtures/client/cert.pem")];
  const trusted = await workplace.quorate("member", "list", "--endpoints", endpoint, ...cacert);
  expect([trusted.code, trusted.stderr]).toEqual([EXIT.ok, ""]);
  const strange = await workplace.quorate("member", "list", "--endpoints", endpoint, "--dial-timeout", "1s");
  expect(strange.code).toBe(EXIT.unavailable);
  member.child.kill("SIGINT");
  expect((await member.ended).code).toBe(EXIT.ok);
});

/** A write that is too large for the journal waits for the database. What becomes of it is no matter. */
async function writeMuch(endpoint: string): Promise<void> {
  const client = new Etcd3({ hosts: endpoint });
  await client
    .put("much")
    .value("x".repeat(1_000_000))
    .exec()
    .catch(() => undefined);
  client.close();
}

/** Another process keeps the member from writing to its database, as a disk does that does not answer. */
async function hang(directory: string): Promise<Running> {
  const holder = workplace.run(HOLDER, [workplace.path(directory)]);
  await holder.says(/held/);
  return holder;
}

test("a disk that does not answer is not waited for for ever when the member stops", { timeout: 60_000 }, async () => {
  const member = workplace.start(await words("hung"));
  const { clients } = await served(member);
  await member.says(/"msg":"a member leads"/);
  const holder = await hang("hung");
  const writing = writeMuch(clients[0] ?? "");
  await member.says(/"msg":"the disk does not answer"/);
  member.child.kill("SIGTERM");
  const { stderr, signal } = await member.ended;
  expect(stderr).toContain(
    `"msg":"the disk does not answer, and is not waited for any longer; what was acknowledged is on it"`,
  );
  expect(stderr).not.toContain(`"msg":"stopped"`);
  expect(signal).toBe("SIGKILL");
  await writing;
  holder.child.kill("SIGKILL");
  await holder.ended;
});

test("a second signal ends a member whose disk does not answer at once", { timeout: 60_000 }, async () => {
  const member = workplace.start(await words("hung2"));
  const { clients } = await served(member);
  await member.says(/"msg":"a member leads"/);
  const holder = await hang("hung2");
  const writing = writeMuch(clients[0] ?? "");
  await member.says(/"msg":"the disk does not answer"/);
  member.child.kill("SIGTERM");
  await member.says(/"msg":"stopping"/);
  member.child.kill("SIGTERM");
  const { stderr, signal } = await member.ended;
  expect(stderr).toContain(`"msg":"stopping at once: a second signal has come"`);
  expect(stderr).not.toContain("is not waited for any longer");
  expect(signal).toBe("SIGKILL");
  await writing;
  holder.child.kill("SIGKILL");
  await holder.ended;
});

test("a port that is taken is named, and how to mend it", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, "127.0.0.1", () => {
      const address = taken.address();
      resolve(address === null || typeof address === "string" ? 0 : address.port);
    });
  });
  for (const flag of ["--listen-client-urls", "--listen-peer-urls", "--listen-metrics-urls"]) {
    const { code, stderr } = await workplace.quorate(...(await words("taken", flag, `http://127.0.0.1:${port}`)));
    expect(stderr).toContain(`quorate: Somebody listens at 127.0.0.1:${port} already.`);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(EXIT.system);
  }
  await new Promise((resolve) => taken.close(resolve));
});

test("a data directory whose database is gone is not begun anew", async () => {
  const again = await words("lost");
  const member = workplace.start(again);
  await served(member);
  member.child.kill("SIGKILL");
  await member.ended;
  for (const file of ["data.mdb", "lock.mdb", "journal-0", "journal-1"])
    rmSync(workplace.path(`lost/${file}`), { force: true });
  const { code, stderr } = await workplace.quorate(...again);
  expect(stderr).toContain("its database is gone");
  expect(code).toBe(EXIT.configuration);
});
