import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status as grpcStatus } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { snapshotFile } from "../server/snapshot-file.ts";
import { storeMachine } from "../store/index.ts";
import type { Connection } from "./client.ts";
import { EXIT, UserError } from "./exit.ts";
import {
  memberAddCommand,
  memberListCommand,
  memberPromoteCommand,
  memberRemoveCommand,
  memberUpdateCommand,
  moveLeaderCommand,
} from "./member-command.ts";
import { snapshotSaveCommand, snapshotStatusCommand } from "./snapshot-command.ts";
import { statusCommand } from "./status-command.ts";
import { startStub } from "./testing/stub-cluster.ts";
import type { Answers, Stub } from "./testing/stub-cluster.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-client-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let printed = "";
const stubs: Stub[] = [];
beforeEach(() => {
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const stub of stubs.splice(0)) stub.stop();
});

async function stub(answers: Answers, pieces: readonly object[] = []): Promise<Stub> {
  const started = await startStub(answers, pieces);
  stubs.push(started);
  return started;
}

function to(...endpoints: readonly string[]): Connection {
  const files = { caFile: null, certFile: null, keyFile: null, skipVerification: false };
  return { endpoints, ...files, dialMs: 2_000, commandMs: 5_000 };
}

/** Nobody listens there, and a connection is refused at once. */
const NOBODY = "127.0.0.1:1";

const header = { cluster_id: "255", member_id: "10", revision: "1", raft_term: "2" };
const a = { ID: "10", name: "a", peerURLs: ["http://10.0.0.1:2380"], isLearner: false };
const b = { ID: "18446744073709551615", name: "b", peerURLs: ["http://10.0.0.2:2380"], isLearner: false };
const c = { ID: "12", name: "", peerURLs: ["http://10.0.0.3:2380"], clientURLs: [], isLearner: true };
const HEX = { a: "000000000000000a", b: "ffffffffffffffff" };

function statusOf(memberId: string, leader: string): object {
  const figures = { dbSize: "123456", dbSizeInUse: "1000", raftIndex: "30", raftTerm: "2", raftAppliedIndex: "29" };
  return {
    header: { ...header, member_id: memberId },
    version: "3.4.0",
    leader,
    errors: [],
    isLearner: false,
    ...figures,
  };
}

/** `a` and `b` run, `b` leads, and `c` has not started. */
async function cluster(answers: Answers = {}): Promise<{ readonly one: Stub; readonly other: Stub }> {
  const list = () => ({
    header,
    members: [
      { ...a, clientURLs: [`http://${stubs[0]?.endpoint ?? ""}`] },
      { ...b, clientURLs: [`http://${stubs[1]?.endpoint ?? ""}`] },
      c,
    ],
  });
  const one = await stub({ MemberList: list, Status: () => statusOf("10", b.ID), ...answers });
  const other = await stub({ MemberList: list, Status: () => statusOf(b.ID, b.ID), ...answers });
  return { one, other };
}

async function failure(command: Promise<unknown>): Promise<{ readonly exitCode: number; readonly message: string }> {
  const error: unknown = await command.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`It did not fail as it should: ${String(error)}`);
  return { exitCode: error.exitCode, message: error.message };
}

describe("status", () => {
  test("asks every member that any endpoint knows", async () => {
    const { one, other } = await cluster();
    expect(await statusCommand(to(NOBODY, one.endpoint), false)).toBe(EXIT.unavailable);
    const rows = printed.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    expect(rows[3]).toEqual([
      "",
      "a",
      one.endpoint,
      HEX.a,
      "3.4.0",
      "123 kB",
      "false",
      "false",
      "2",
      "30",
      "29",
      "",
      "",
    ]);
    expect(rows[4]).toEqual([
      "",
      "b",
      other.endpoint,
      HEX.b,
      "3.4.0",
      "123 kB",
      "true",
      "false",
      "2",
      "30",
      "29",
      "",
      "",
    ]);
    expect(rows[5]?.at(-2)).toBe("it has not started yet");
  });

  test("as JSON says who can't be reached, and exits accordingly", async () => {
    const list = () => ({
      header,
      members: [
        { ...a, clientURLs: [`http://${stubs[0]?.endpoint ?? ""}`] },
        { ...b, clientURLs: [`http://${NOBODY}`] },
      ],
    });
    const { endpoint } = await stub({ MemberList: list, Status: () => statusOf("10", "0") });
    expect(await statusCommand({ ...to(endpoint), dialMs: 200 }, true)).toBe(EXIT.unavailable);
    expect(JSON.parse(printed)).toMatchObject([
      {
        id: HEX.a,
        name: "a",
        isReachable: true,
        isLeader: false,
        leader: null,
        term: 2,
        index: 30,
        applied: 29,
        dbSize: 123456,
      },
      { id: HEX.b, name: "b", isReachable: false, errors: ["it can't be reached"] },
    ]);
  });

  test("of nobody names every endpoint, and what to do", async () => {
    const { exitCode, message } = await failure(statusCommand({ ...to(NOBODY, "127.0.0.1:2"), dialMs: 200 }, false));
    expect(exitCode).toBe(EXIT.unavailable);
    expect(message).toBe(
      "no member can be reached.\n  127.0.0.1:1 can't be reached: no connection within 200 ms.\n" +
        "  127.0.0.1:2 can't be reached: no connection within 200 ms.\n" +
        "Start one (quorate serve), or say where they are with --endpoints host:port,host:port.",
    );
  });
});

describe("members", () => {
  test("are listed", async () => {
    const { one } = await cluster();
    expect(await memberListCommand(to(one.endpoint), false)).toBe(EXIT.ok);
    expect(printed).toContain(`| ${HEX.b} | started   | b    | http://10.0.0.2:2380 | http://`);
    expect(printed).toContain(`| 000000000000000c | unstarted |`);
    expect(one.asked).toEqual([["MemberList", { linearizable: false }]]);
  });

  test("an addition says how to start the new one", async () => {
    const { one } = await cluster({
      MemberAdd: ({ peerURLs }) => ({
        header,
        member: { ...c, peerURLs },
        members: [
          { ...a, clientURLs: [] },
          { ...c, peerURLs },
        ],
      }),
    });
    expect(await memberAddCommand(to(one.endpoint), "d", "http://10.0.0.4:2380", true)).toBe(EXIT.ok);
    expect(one.asked).toEqual([["MemberAdd", { peerURLs: ["http://10.0.0.4:2380"], isLearner: true }]]);
    expect(printed).toContain("Member 000000000000000c added to cluster 00000000000000ff as a learner.");
    expect(printed).toContain("--initial-cluster a=http://10.0.0.1:2380,d=http://10.0.0.4:2380");
  });

  test.each<readonly [string, string]>([
    ["b", "a name"],
    ["ffffffffffffffff", "an id"],
    ["0xFFFFFFFFFFFFFFFF", "an id as others write it"],
  ])("%s is a member, by %s", async (word) => {
    const { one } = await cluster({ MemberRemove: () => ({ header, members: [] }) });
    expect(await memberRemoveCommand(to(one.endpoint), word)).toBe(EXIT.ok);
    expect(one.asked.at(-1)).toEqual(["MemberRemove", { ID: b.ID }]);
    expect(printed).toBe(`Member ${HEX.b} removed from cluster 00000000000000ff.\n`);
  });

  test("are updated and promoted", async () => {
    const { one } = await cluster({
      MemberUpdate: () => ({ header, members: [] }),
      MemberPromote: () => ({ header, members: [] }),
    });
    await memberUpdateCommand(to(one.endpoint), "a", "http://10.0.0.9:2380");
    expect(one.asked.at(-1)).toEqual(["MemberUpdate", { ID: "10", peerURLs: ["http://10.0.0.9:2380"] }]);
    await memberPromoteCommand(to(one.endpoint), "c");
    expect(one.asked.at(-1)).toEqual(["MemberPromote", { ID: "12" }]);
  });

  test("one that nobody knows is named, with the nearest", async () => {
    const { one } = await cluster();
    expect(await failure(memberRemoveCommand(to(one.endpoint), "bb"))).toEqual({
      exitCode: EXIT.refused,
      message: expect.stringContaining("There is no member bb. Did you mean "),
    });
  });

  test("what the cluster refuses is told in its words", async () => {
    const details = "etcdserver: re-configuration failed due to not enough started members";
    const { one } = await cluster({ MemberRemove: () => ({ code: grpcStatus.FAILED_PRECONDITION, details }) });
    const { exitCode, message } = await failure(memberRemoveCommand(to(one.endpoint), "b"));
    expect([exitCode, message]).toEqual([EXIT.refused, `${one.endpoint} says: ${details}`]);
  });

  test("a change is never asked for twice, even if the first member can't say what came of it", async () => {
    const { one, other } = await cluster({
      MemberRemove: () => ({ code: grpcStatus.UNAVAILABLE, details: "etcdserver: leader changed" }),
    });
    const { exitCode } = await failure(memberRemoveCommand(to(one.endpoint, other.endpoint), "b"));
    expect(exitCode).toBe(EXIT.unavailable);
    expect([...one.asked, ...other.asked].filter(([method]) => method === "MemberRemove")).toHaveLength(1);
  });

  test("an answer that is not etcd's is not believed", async () => {
    const { endpoint } = await stub({ MemberList: () => ({ members: [] }) });
    const { message } = await failure(memberListCommand(to(endpoint), false));
    expect(message).toContain("answers in a way that is not etcd's");
  });
});

describe("move-leader", () => {
  test("asks the leader, whichever endpoint is given", async () => {
    const { one, other } = await cluster({ MoveLeader: () => ({ header }) });
    expect(await moveLeaderCommand(to(one.endpoint), "a")).toBe(EXIT.ok);
    expect(other.asked.at(-1)).toEqual(["MoveLeader", { targetID: "10" }]);
    expect(one.asked.map(([method]) => method)).not.toContain("MoveLeader");
    expect(printed).toBe(`Leadership transferred from b (${HEX.b}) to a (${HEX.a}).\n`);
  });

  test("to who leads already is nothing to do", async () => {
    const { one, other } = await cluster();
    expect(await moveLeaderCommand(to(one.endpoint), "b")).toBe(EXIT.ok);
    expect(printed).toBe(`b (${HEX.b}) leads already.\n`);
    expect(other.asked.map(([method]) => method)).not.toContain("MoveLeader");
  });

  test("without a leader fails", async () => {
    const { one } = await cluster({ Status: () => statusOf("10", "0") });
    expect((await failure(moveLeaderCommand(to(one.endpoint), "a"))).exitCode).toBe(EXIT.unavailable);
  });
});

describe("snapshot", () => {
  async function pieces(): Promise<readonly { readonly remaining_bytes: number; readonly blob: Uint8Array }[]> {
    const { size, chunks } = snapshotFile(storeMachine.initial, { clusterId: "0123456789abcdef", index: 7 });
    const found: { readonly remaining_bytes: number; readonly blob: Uint8Array }[] = [];
    let remaining = size;
    for await (const blob of chunks) found.push({ remaining_bytes: (remaining -= blob.length), blob });
    return found;
  }

  test("is saved whole, and says what it holds", async () => {
    const sent = await pieces();
    const { endpoint } = await stub({}, sent);
    const file = join(folder, "whole");
    expect(await snapshotSaveCommand(to(endpoint), file)).toBe(EXIT.ok);
    expect(readFileSync(file)).toEqual(Buffer.concat(sent.map(({ blob }) => blob)));
    printed = "";
    expect(snapshotStatusCommand(file, true)).toBe(EXIT.ok);
    expect(JSON.parse(printed)).toMatchObject({ clusterId: "0123456789abcdef", revision: 1, index: 7, totalKey: 0 });
    // What is there is somebody's only copy, perhaps.
    expect((await failure(snapshotSaveCommand(to(endpoint), file))).message).toContain("is not written over");
  });

  test.each<readonly [string, (sent: readonly object[]) => readonly object[], string]>([
    ["ends early", (sent) => sent.slice(0, -1), "ended before it was whole"],
    ["never begins", () => [], "ended before it was whole"],
    ["is something else", () => [{ remaining_bytes: 0, blob: Buffer.from("etcd's own") }], "is no snapshot"],
  ])("one that %s leaves no file", async (_, how, message) => {
    const { endpoint } = await stub({}, how(await pieces()));
    const file = join(folder, "broken");
    expect((await failure(snapshotSaveCommand(to(endpoint), file))).message).toContain(message);
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
  });

  test("a byte that was changed is found", async () => {
    const content = Buffer.concat((await pieces()).map(({ blob }) => blob));
    content.writeUInt8(content.readUInt8(40) ^ 1, 40);
    const file = join(folder, "changed");
    writeFileSync(file, content);
    expect(() => snapshotStatusCommand(file, false)).toThrow(/changed is no snapshot: Its SHA-256 does not match/);
  });

  test("where nothing can be written is the disk's fault", async () => {
    const { endpoint } = await stub({}, await pieces());
    expect((await failure(snapshotSaveCommand(to(endpoint), "/nowhere/file"))).exitCode).toBe(EXIT.storage);
  });
});
