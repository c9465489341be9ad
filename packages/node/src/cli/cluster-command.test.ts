import { createServer } from "node:net";
import { afterAll, expect, test } from "vitest";
import { EXIT } from "./exit.ts";
import { freeBase } from "../testing/ports.ts";
import { Workplace } from "./testing/workplace.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

test("three members serve, one that is killed is told of, and Ctrl-C stops the others", async () => {
  const base = await freeBase([0, 1, 2, 10, 11, 12, 20, 21, 22]);
  const cluster = workplace.start(["cluster", "--base-port", String(base), "--logs"]);
  const [line] = await cluster.says(/ETCDCTL_ENDPOINTS=\S+/);
  expect(line).toBe(`ETCDCTL_ENDPOINTS=${[0, 10, 20].map((at) => `127.0.0.1:${base + at}`).join(",")}`);

  const endpoints = ["--endpoints", `127.0.0.1:${base}`];
  const status = await workplace.quorate("status", "--json", ...endpoints);
  expect(status.code).toBe(EXIT.ok);
  const found: unknown = JSON.parse(status.stdout);
  expect(found).toHaveLength(3);
  const leader = /"name": "(m\d)"[^}]*"isLeader": true/.exec(status.stdout)?.[1] ?? "";
  const other = ["m1", "m2", "m3"].find((name) => name !== leader) ?? "";
  const moved = await workplace.quorate("move-leader", other, ...endpoints);
  expect([moved.code, moved.stderr]).toEqual([EXIT.ok, ""]);
  expect(moved.stdout).toMatch(new RegExp(`^Leadership transferred from ${leader} .* to ${other} `));

  const [, pid] = await cluster.says(/m3 \| .*starting.* pid=(\d+)/);
  process.kill(Number(pid), "SIGKILL");
  await cluster.says(
    /m3 has ended: killed by SIGKILL\. The others go on; this starts it again:\n {2}quorate serve --name m3/,
  );

  cluster.child.kill("SIGINT");
  const { code, stderr } = await cluster.ended;
  expect(code).toBe(EXIT.ok);
  expect(stderr.match(/\| .* stopped$/gm)).toHaveLength(2);
});

test("a member that can't start ends the others, with its reason and its exit code", async () => {
  const base = await freeBase([0, 1, 2]);
  const { code, stderr } = await workplace.quorate(
    "cluster",
    "--size",
    "1",
    "--base-port",
    String(base),
    "--",
    "--max-txn-ops",
    "0",
  );
  expect(stderr).toContain("quorate: m1 has ended: exit code 78. Its last words:\n");
  expect(stderr).toContain('--max-txn-ops is "0"');
  expect(code).toBe(EXIT.configuration);
});

test("a port that is taken ends the cluster, and is named", { timeout: 60_000 }, async () => {
  const base = await freeBase([0, 1, 2, 10, 11, 12, 20, 21, 22]);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(base, "127.0.0.1", resolve));
  const { code, stderr } = await workplace.quorate("cluster", "--base-port", `${base}`, "--data-dir", "taken");
  expect(stderr).toContain(`Somebody listens at 127.0.0.1:${base} already.`);
  expect(code).toBe(EXIT.system);
  await new Promise((resolve) => taken.close(resolve));
});
