/** Debian's etcdctl against the API: the commands of its users, and their output to the byte where clients compare it. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSnapshotFile } from "../server/snapshot-file.ts";
import { revisionOf } from "../store/index.ts";
import { etcdctl, startEtcdctl } from "./testing/etcdctl.ts";
import { serve } from "./testing/serve.ts";
import type { Served } from "./testing/serve.ts";

let served: Served;
beforeEach(async () => {
  served = await serve();
});
afterEach(async () => {
  await served.close();
  expect(served.faults).toEqual([]);
});

/** The output of a command that succeeds. */
async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await etcdctl(served.address, args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

/** The last line of what a command that fails says. */
async function refusal(...args: readonly string[]): Promise<string | undefined> {
  const { code, stderr } = await etcdctl(served.address, args);
  expect(code).not.toBe(0);
  return stderr.trimEnd().split("\n").at(-1);
}

test("put, get and del, with their options", async () => {
  expect(await run("put", "a", "1")).toBe("OK\n");
  expect(await run("put", "a", "2", "--prev-kv")).toBe("OK\na\n1\n");
  await run("put", "ab", "3");
  await run("put", "b", "4");
  expect(await run("get", "a")).toBe("a\n2\n");
  expect(await run("get", "a", "--prefix")).toBe("a\n2\nab\n3\n");
  expect(await run("get", "a", "--rev=2")).toBe("a\n1\n");
  expect(await run("get", "a", "b", "--keys-only")).toBe("a\n\nab\n\n");
  expect(await run("get", "", "--from-key", "--order=DESCEND", "--sort-by=VALUE", "--limit=2")).toBe("b\n4\nab\n3\n");
  expect(await run("get", "nothing")).toBe("");
  expect(JSON.parse(await run("get", "a", "-w=json"))).toMatchObject({
    count: 1,
    kvs: [{ key: "YQ==", create_revision: 2, mod_revision: 3, version: 2, value: "Mg==" }],
  });
  expect(await run("del", "a", "--prefix", "--prev-kv")).toBe("2\na\n2\nab\n3\n");
  expect(await run("del", "a")).toBe("0\n");
});

test("a serializable read does not ask the cluster", async () => {
  await run("put", "a", "1");
  const before = served.backend.linearized;
  expect(await run("get", "a", "--consistency=s")).toBe("a\n1\n");
  expect(served.backend.linearized).toBe(before);
  await run("get", "a");
  expect(served.backend.linearized).toBe(before + 1);
});

test("txn, either way", async () => {
  await run("put", "a", "1");
  const txn = 'value("a") = "1"\nversion("b") = "0"\n\nput b new\nget a\n\nget b\n\n';
  const first = await etcdctl(served.address, ["txn"], txn);
  expect(first.stdout).toBe("SUCCESS\n\nOK\n\na\n1\n");
  const second = await etcdctl(served.address, ["txn"], txn);
  expect(second.stdout).toBe("FAILURE\n\nb\nnew\n");
});

test("texts of errors are etcd's", async () => {
  await run("put", "a", "1");
  await run("put", "a", "2");
  expect(await refusal("get", "a", "--rev=99")).toBe("Error: etcdserver: mvcc: required revision is a future revision");
  expect(await run("compact", "3")).toBe("compacted revision 3\n");
  expect(await refusal("get", "a", "--rev=2")).toBe("Error: etcdserver: mvcc: required revision has been compacted");
  expect(await refusal("compact", "2")).toBe("Error: etcdserver: mvcc: required revision has been compacted");
  expect(await refusal("put", "a", "1", "--lease=1234")).toBe("Error: etcdserver: requested lease not found");
  expect(await refusal("put", "nothing", "--ignore-value")).toBe("Error: etcdserver: key not found");
  expect(await refusal("lease", "grant", "9000000001")).toBe(
    "Error: failed to grant lease (etcdserver: too large lease TTL)",
  );
  expect(await refusal("member", "remove", "1234")).toBe("Error: etcdserver: member not found");
  const twice = await etcdctl(served.address, ["txn"], "\n\nput a 1\nput a 2\n\n\n");
  expect(twice.stderr).toContain("etcdserver: duplicate key given in txn request");
  served.backend.fault = "noLeader";
  expect((await etcdctl(served.address, ["put", "a", "1"])).stderr).toContain("etcdserver: no leader");
});

test("watch: what is put and deleted, with what was before, from a revision on", async () => {
  await run("put", "a", "1");
  await run("put", "a", "2");
  const watch = startEtcdctl(served.address, ["watch", "a", "--prefix", "--prev-kv", "--rev=2"]);
  let output = "";
  const has = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => (output.includes(text) ? resolve() : undefined);
      watch.stdout.on("data", look);
      watch.on("exit", () => reject(new Error(`The watch ended: ${output}`)));
      look();
    });
  watch.stdout.on("data", (piece: Buffer) => {
    output += piece.toString();
  });
  const past = "PUT\na\n1\nPUT\na\n1\na\n2\n";
  await has(past);
  await run("put", "ab", "3");
  await run("del", "a", "--prefix");
  const now = "PUT\nab\n3\nDELETE\na\n2\na\n\nDELETE\nab\n3\nab\n\n";
  await has(past + now);
  expect(output).toBe(past + now);
  watch.removeAllListeners("exit");
  watch.kill();
});

test("a watch from before the last compaction is cancelled with it", async () => {
  for (const value of ["1", "2", "3"]) await run("put", "a", value);
  await run("compact", "4");
  const { stderr } = await etcdctl(served.address, ["watch", "a", "--rev=2"]);
  expect(stderr).toContain("watch was canceled (etcdserver: mvcc: required revision has been compacted)");
});

test("leases: grant, timetolive, list, keep-alive and revoke", async () => {
  const granted = /^lease ([0-9a-f]{16}) granted with TTL\(60s\)\n$/.exec(await run("lease", "grant", "60"));
  const id = granted?.[1] ?? "";
  await run("put", "a", "1", `--lease=${id}`);
  expect(await run("lease", "timetolive", id, "--keys")).toMatch(
    new RegExp(`^lease ${id} granted with TTL\\(60s\\), remaining\\((60|59)s\\), attached keys\\(\\[a\\]\\)\n$`),
  );
  expect(await run("lease", "list")).toBe(`found 1 leases\n${id}\n`);
  expect(await run("lease", "keep-alive", id, "--once")).toBe(`lease ${id} keepalived with TTL(60)\n`);
  expect(await run("lease", "revoke", id)).toBe(`lease ${id} revoked\n`);
  expect(await run("get", "a")).toBe("");
  expect(await run("lease", "timetolive", id)).toBe(`lease ${id} already expired\n`);
  expect(await refusal("lease", "revoke", id)).toBe(
    "Error: failed to revoke lease (etcdserver: requested lease not found)",
  );
  expect(await refusal("lease", "keep-alive", id, "--once")).toBe("Error: etcdserver: requested lease not found");
});

test("lock: the command runs while it holds the lock, and the key is gone after it", async () => {
  const output = await run("lock", "mutex", "echo", "held");
  expect(output).toBe("held\n");
  expect(await run("get", "mutex", "--prefix")).toBe("");
});

test("elect: a leader is proclaimed, and listened to", async () => {
  const candidate = startEtcdctl(served.address, ["elect", "office", "me"]);
  await new Promise<void>((resolve) => void candidate.stdout.once("data", () => resolve()));
  const listener = startEtcdctl(served.address, ["elect", "--listen", "office"]);
  const heard = await new Promise<string>((resolve) => {
    let output = "";
    listener.stdout.on("data", (piece: Buffer) => {
      output += piece.toString();
      if (output.includes("me\n")) resolve(output);
    });
  });
  expect(heard).toMatch(/^office\/[0-9a-f]+\nme\n$/);
  // At other signals it resigns first, and waits for ever where the server has gone meanwhile.
  candidate.kill("SIGKILL");
  listener.kill("SIGKILL");
});

test("endpoint status, health and hashkv", async () => {
  await run("put", "a", "1");
  const status = await run("endpoint", "status", "-w=json");
  // Too large for JSON in JavaScript.
  expect(status).toContain('"cluster_id":14841639068965178418,"member_id":10276657743932975437,');
  expect(status).toContain('"leader":10276657743932975437,');
  expect(JSON.parse(status)).toMatchObject([
    { Status: { header: { revision: 2 }, version: "3.4.0", dbSize: 20480, raftTerm: 2, raftIndex: 3 } },
  ]);
  expect((await etcdctl(served.address, ["endpoint", "health"])).stderr).toContain("is healthy");
  expect(await run("endpoint", "hashkv")).toMatch(/^127\.0\.0\.1:\d+, \d+\n$/);
});

test("members: add, promote, update, remove, and move-leader", async () => {
  expect(await run("member", "list")).toBe(
    "8e9e05c52164694d, started, one, http://127.0.0.1:2380, http://127.0.0.1:2379, false\n",
  );
  const added = await run("member", "add", "two", "--peer-urls=http://127.0.0.1:2381", "--learner");
  const id = "b5eed0000000000";
  // It pads an id with spaces here, and not at all in its lists.
  expect(added).toMatch(/^Member {2}b5eed0000000000 added to cluster cdf818194e3a8c32\n/);
  expect(await run("member", "promote", id)).toContain(`Member  ${id} promoted in cluster cdf818194e3a8c32`);
  expect(await run("member", "update", id, "--peer-urls=http://127.0.0.1:2382")).toContain(`Member  ${id} updated`);
  expect(await run("member", "list")).toContain(`${id}, unstarted, , http://127.0.0.1:2382, , false\n`);
  expect(await run("move-leader", id)).toBe(`Leadership transferred from 8e9e05c52164694d to ${id}\n`);
  served.backend.lead(served.backend.memberId);
  expect(await refusal("move-leader", "1234")).toBe("Error: etcdserver: bad leader transferee");
  expect(await run("member", "remove", id)).toContain(`Member  ${id} removed from cluster cdf818194e3a8c32`);
});

test("snapshot save: what is saved is the store", async () => {
  const directory = await mkdtemp(join(tmpdir(), "quorate-api-"));
  try {
    for (const [key, value] of [
      ["a", "1"],
      ["b", "x".repeat(100_000)],
    ] as const) {
      await run("put", key, value);
    }
    const file = join(directory, "snapshot");
    expect(await run("snapshot", "save", file)).toContain(`Snapshot saved at ${file}\n`);
    const { header, store } = readSnapshotFile(await readFile(file));
    expect(header.revision).toBe(3);
    expect(revisionOf(store)).toBe(3);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Its load goes on for a minute, whatever is asked for. How fast a machine is, is not what is tested here. */
test(
  "check perf: a minute of writes, a verdict on each of its three questions, and nothing left behind",
  { timeout: 150_000 },
  async () => {
    const child = startEtcdctl(served.address, ["check", "perf", "--auto-compact", "--auto-defrag"]);
    const [code, stdout] = await Promise.all([
      new Promise((resolve) => child.once("close", resolve)),
      text(child.stdout),
      text(child.stderr),
    ]);
    expect(stdout).toMatch(/^(PASS: Throughput is|FAIL: Throughput too low:) \d+ writes\/s$/m);
    expect(stdout).toMatch(/^(PASS: Slowest request took|Slowest request took too long:) \d+\.\d+s$/m);
    expect(stdout).toMatch(/^(PASS: Stddev is|Stddev too high:) \d+\.\d+s$/m);
    expect(stdout).toContain("\nCompacting with revision ");
    expect(code === 0).toBe(/^PASS$/m.test(stdout));
    expect(revisionOf(served.backend.store())).toBeGreaterThan(1000);
    expect(await run("get", "/etcdctl-check-perf/", "--prefix", "--keys-only")).toBe("");
  },
);

test("alarms are listed and disarmed", async () => {
  const { memberId } = served.backend;
  served.backend.apply([{ type: "alarmRaise", member: memberId, alarm: "noSpace" }]);
  expect(await run("alarm", "list")).toBe("memberID:10276657743932975437 alarm:NOSPACE \n");
  expect(await run("alarm", "disarm")).toBe("memberID:10276657743932975437 alarm:NOSPACE \n");
  expect(await run("alarm", "list")).toBe("");
});

test("defrag has nothing to do, and a user's name is of no use", async () => {
  expect(await run("defrag")).toMatch(/^Finished defragmenting/);
  expect(await run("put", "a", "1", "--user=root:secret")).toBe("OK\n");
  expect(await refusal("user", "list")).toContain("unknown method UserList for service etcdserverpb.Auth");
});
