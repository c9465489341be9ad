/** Whole nodes: writes, reads, leaders that go, members that come, and snapshots for those that were away for long. */

import { afterEach, describe, expect, test } from "vitest";
import { RemovedError } from "./server/removed.ts";
import { restoreMember } from "./server/restore.ts";
import { readSnapshotFile, SnapshotFileError } from "./server/snapshot-file.ts";
import { membersOf, range, revisionOf } from "./store/index.ts";
import { get, put } from "./store/testing/requests.ts";
import type { StoreResult } from "./store/types.ts";
import { LocalCluster } from "./testing/local-cluster.ts";
import type { RunningNode } from "./node.ts";

let cluster: LocalCluster;

afterEach(async () => {
  await cluster.close();
});

/** What a node has for `key` now, without asking others. */
function valueAt({ member }: RunningNode, key: string): string | null {
  const outcome = range(member.store(), get(key));
  return outcome.ok ? (outcome.value.kvs[0]?.value ?? null) : null;
}

async function read(node: RunningNode, key: string): Promise<string | null> {
  await node.member.linearize();
  return valueAt(node, key);
}

describe("three members", () => {
  test("what one has written all read, whoever leads", async () => {
    cluster = await LocalCluster.start(3);
    await cluster.leader();
    for (const name of cluster.names) {
      const result = await cluster.node(name).member.propose(put("key", name));
      expect(result).toMatchObject({ ok: true, value: { type: "put" } });
      for (const other of cluster.names) expect(await read(cluster.node(other), "key")).toBe(name);
    }
  });

  test("many writes at once from all members are each applied once", async () => {
    cluster = await LocalCluster.start(3);
    await cluster.leader();
    const before = revisionOf(cluster.node("m1").member.store());
    const writes: Promise<StoreResult>[] = [];
    for (let at = 0; at < 300; at++) {
      writes.push(cluster.node(`m${(at % 3) + 1}`).member.propose(put(`key${at}`, `${at}`)));
    }
    const revisions = (await Promise.all(writes)).map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(300);
    await cluster.node("m1").member.linearize();
    expect(revisionOf(cluster.node("m1").member.store())).toBe(before + 300);
  });

  test("a leader that stops hands leadership over, and comes back with everything", async () => {
    cluster = await LocalCluster.start(3);
    const first = await cluster.leader();
    await cluster.node(first).member.propose(put("before", "1"));
    const { term } = cluster.node(first).member;
    await cluster.stop(first);
    const second = await cluster.leader();
    // An election that nobody asked for would have taken at least another term for each try.
    expect(cluster.node(second).member.term).toBe(term + 1);
    await cluster.node(second).member.propose(put("after", "2"));
    const again = await cluster.run(first);
    expect(await read(again, "before")).toBe("1");
    expect(await read(again, "after")).toBe("2");
  });

  test("leadership moves to whom the operator wants", async () => {
    cluster = await LocalCluster.start(3);
    const first = await cluster.leader();
    const other = cluster.names.find((name) => name !== first) ?? "";
    const { memberId } = cluster.node(other).member;
    await cluster.node(first).member.moveLeader(memberId);
    expect(await cluster.leader()).toBe(other);
    await expect(cluster.node(first).member.moveLeader(memberId)).rejects.toThrow("notLeader");
    await expect(cluster.node(other).member.moveLeader("00000000000000ff")).rejects.toThrow("badTransferee");
  });

  test("without a quorum nothing is written, and it says so", async () => {
    cluster = await LocalCluster.start(3);
    await cluster.leader();
    await Promise.all([cluster.stop("m2"), cluster.stop("m3")]);
    const { member } = cluster.node("m1");
    await cluster.until("m1 gives up leading", () => member.leader === null);
    await expect(member.propose(put("key", "lost"))).rejects.toThrow(/noLeader|timeout/);
    await cluster.run("m2");
    await cluster.leader();
    await member.propose(put("key", "won"));
    expect(await read(cluster.node("m1"), "key")).toBe("won");
  });

  test("all stop, and all that was acknowledged is there when they start again", async () => {
    cluster = await LocalCluster.start(3, { sync: true });
    await cluster.leader();
    for (let at = 0; at < 20; at++) await cluster.node("m1").member.propose(put(`key${at}`, `${at}`));
    await Promise.all(["m1", "m2", "m3"].map((name) => cluster.stop(name)));
    await Promise.all(["m1", "m2", "m3"].map((name) => cluster.run(name)));
    await cluster.leader();
    for (let at = 0; at < 20; at++) expect(await read(cluster.node("m2"), `key${at}`)).toBe(`${at}`);
  });
});

describe("snapshots", () => {
  test("a member that was away gets a snapshot where the log has forgotten what it lacks", async () => {
    cluster = await LocalCluster.start(3, { snapshotCount: 100 });
    const leader = await cluster.leader();
    const away = cluster.names.find((name) => name !== leader) ?? "";
    await cluster.stop(away);
    const { member } = cluster.node(leader);
    for (let at = 0; at < 600; at += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => member.propose(put(`key${at + i}`, `${at + i}`))));
    }
    const again = await cluster.run(away);
    expect(await read(again, "key0")).toBe("0");
    expect(await read(again, "key599")).toBe("599");
    expect(revisionOf(again.member.store())).toBe(revisionOf(cluster.node(leader).member.store()));
    // And its own disk has it, too.
    await cluster.stop(away);
    expect(valueAt(await cluster.run(away), "key300")).toBe("300");
  });
});

describe("a snapshot file", () => {
  test("begins a new cluster with the same data, and leases end in it", async () => {
    cluster = await LocalCluster.start(1);
    await cluster.leader();
    const { member } = cluster.node("m1");
    for (let at = 0; at < 200; at++) await member.propose(put(`key${at % 50}`, `${at}`));
    await member.propose({ type: "leaseGrant", id: "7", ttl: 1 });
    await member.propose({ ...put("leased", "x"), lease: "7" });
    const { size, chunks } = member.snapshot();
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks) pieces.push(piece);
    const file = Buffer.concat(pieces);
    expect(file).toHaveLength(size);
    const { header, store } = readSnapshotFile(file);
    expect(header).toMatchObject({ clusterId: member.clusterId, revision: revisionOf(member.store()) });
    await cluster.close();

    cluster = await LocalCluster.start(3, {}, async (options) => {
      await restoreMember(store, options);
    });
    await cluster.leader();
    for (const name of cluster.names) expect(await read(cluster.node(name), "key49")).toBe("199");
    const restored = cluster.node("m2").member;
    expect(restored.clusterId).not.toBe(header.clusterId);
    await cluster.until("the members are listed", () => membersOf(restored.store()).length === 3);
    await restored.propose(put("after", "1"));
    expect(revisionOf(restored.store())).toBeGreaterThan(header.revision);
    await cluster.until("the lease is over", () => valueAt(cluster.node("m2"), "leased") === null);
  });

  test("that was changed or cut short is refused", async () => {
    cluster = await LocalCluster.start(1);
    await cluster.leader();
    const pieces: Uint8Array[] = [];
    for await (const piece of cluster.node("m1").member.snapshot().chunks) pieces.push(piece);
    const file = Buffer.concat(pieces);
    for (let at = 0; at < file.length; at += 7) {
      const changed = Buffer.from(file);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => readSnapshotFile(changed)).toThrow(SnapshotFileError);
      expect(() => readSnapshotFile(file.subarray(0, at))).toThrow(SnapshotFileError);
    }
  });
});

describe("members", () => {
  test("a learner joins, is promoted, and the cluster goes on without a member that is removed", async () => {
    cluster = await LocalCluster.start(3);
    const leader = await cluster.leader();
    const { member } = cluster.node(leader);
    for (let at = 0; at < 50; at++) await member.propose(put(`key${at}`, `${at}`));
    const options = await cluster.prepare("m4");
    const added = await member.addMember(options.advertisePeerUrls, true);
    expect(added).toMatchObject({ ok: true, member: { isLearner: true } });
    const joined = await cluster.run("m4");
    expect(await read(joined, "key49")).toBe("49");
    expect(joined.member.status().isLearner).toBe(true);
    const id = joined.member.memberId;
    // The leader hears a little later than the learner itself that it has everything.
    await cluster.eventually("the learner is promoted", async () => (await member.promoteMember(id)).ok);
    expect(await member.promoteMember(id)).toEqual({ ok: false, error: "memberNotLearner" });

    const gone = cluster.names.find((name) => name !== leader && name !== "m4") ?? "";
    const { failed } = cluster.node(gone);
    expect(await member.removeMember(cluster.node(gone).member.memberId)).toMatchObject({ ok: true });
    expect((await failed).message).toContain("has been removed from the cluster");
    await member.propose(put("key", "without it"));
    expect(await read(joined, "key")).toBe("without it");
  });

  test.each(["itself", "another"])("the leader may be removed as any other, asked of %s", async (asked) => {
    cluster = await LocalCluster.start(3);
    const leader = await cluster.leader();
    const other = cluster.names.find((name) => name !== leader) ?? "";
    const { member, failed } = cluster.node(leader);
    const { member: through } = cluster.node(asked === "itself" ? leader : other);
    expect(await through.removeMember(member.memberId)).toMatchObject({ ok: true });
    expect(await failed).toBeInstanceOf(RemovedError);
    await cluster.stop(leader);
    await cluster.leader();
    await cluster.node(other).member.propose(put("key", "without it"));
    expect(await read(cluster.node(other), "key")).toBe("without it");
  });

  test("one that was removed while it was away is told so when it comes back, and ends; one that was not goes on", async () => {
    cluster = await LocalCluster.start(3);
    const leader = await cluster.leader();
    const { member } = cluster.node(leader);
    const [gone = "", other = ""] = cluster.names.filter((name) => name !== leader);
    const { memberId } = cluster.node(gone).member;
    await cluster.stop(gone);
    expect(await member.removeMember(memberId)).toMatchObject({ ok: true });
    await cluster.stop(other);
    const { failed } = await cluster.run(gone);
    const error = await failed;
    expect(error).toBeInstanceOf(RemovedError);
    expect(error.message).toContain(
      `Member ${memberId} has been removed from the cluster, says the member ${member.memberId}.`,
    );
    await cluster.run(other);
    await member.propose(put("key", "without it"));
    expect(await read(cluster.node(other), "key")).toBe("without it");
  });

  test("one that starts again finds a leader that was added since the cluster began", async () => {
    cluster = await LocalCluster.start(3);
    const { member } = cluster.node(await cluster.leader());
    const options = await cluster.prepare("m4");
    await member.addMember(options.advertisePeerUrls, true);
    const { memberId } = (await cluster.run("m4")).member;
    await cluster.eventually("the learner is promoted", async () => (await member.promoteMember(memberId)).ok);
    await cluster.eventually("it leads", async () => {
      await cluster.node(await cluster.leader()).member.moveLeader(memberId);
      return true;
    });
    // What is known to be committed it hears of the leader alone, which it finds by what its log says.
    await cluster.stop("m1");
    const again = await cluster.run("m1");
    await cluster.node("m4").member.propose(put("key", "1"));
    expect(await read(again, "key")).toBe("1");
    expect(again.member.leader).toBe(memberId);
  });

  test("one that was away finds a leader that was added meanwhile", async () => {
    cluster = await LocalCluster.start(3);
    const first = await cluster.leader();
    const away = cluster.names.find((name) => name !== first) ?? "";
    await cluster.stop(away);
    const { member } = cluster.node(first);
    const options = await cluster.prepare("m4");
    await member.addMember(options.advertisePeerUrls, true);
    const { memberId } = (await cluster.run("m4")).member;
    await cluster.eventually("the learner is promoted", async () => (await member.promoteMember(memberId)).ok);
    await cluster.eventually("it leads", async () => {
      await cluster.node(await cluster.leader()).member.moveLeader(memberId);
      return true;
    });
    const again = await cluster.run(away);
    await cluster.node("m4").member.propose(put("key", "1"));
    expect(await read(again, "key")).toBe("1");
    expect(again.member.leader).toBe(memberId);
  });

  test("a change that would leave the cluster without a quorum is refused", async () => {
    cluster = await LocalCluster.start(3);
    const leader = await cluster.leader();
    const { member } = cluster.node(leader);
    const [down, up] = cluster.names.filter((name) => name !== leader);
    const upId = cluster.node(up ?? "").member.memberId;
    await cluster.stop(down ?? "");
    await cluster.until("the leader has noticed", () =>
      cluster
        .node(leader)
        .peers()
        .some((peer) => !peer.isConnected),
    );
    await expect(member.addMember(["http://127.0.0.1:1"], false)).rejects.toThrow("unhealthyCluster");
    await expect(member.removeMember(upId)).rejects.toThrow("unhealthyCluster");
  });
});

describe("leases", () => {
  test("end by themselves, live on when they are renewed, and get their full time from a new leader", async () => {
    cluster = await LocalCluster.start(3);
    const leader = await cluster.leader();
    const { member } = cluster.node(leader);
    await member.propose({ type: "leaseGrant", id: "7", ttl: 2 });
    await member.propose({ ...put("leased", "x"), lease: "7" });
    const follower = cluster.node(cluster.names.find((name) => name !== leader) ?? "");
    expect(await follower.member.keepLeaseAlive("7")).toEqual({ ttl: 2, grantedTtl: 2 });
    expect(await follower.member.keepLeaseAlive("8")).toBeNull();
    expect(await member.leaseLife("7")).toMatchObject({ grantedTtl: 2 });
    await cluster.stop(leader);
    await cluster.leader();
    expect(await read(follower, "leased")).toBe("x");
    await cluster.until("the lease is over", () => valueAt(follower, "leased") === null);
    expect(await follower.member.leaseLife("7")).toBeNull();
  });
});
