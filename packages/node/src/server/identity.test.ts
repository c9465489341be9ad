/** Who a data directory belongs to survives what may happen to files. */

import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clusterIdOf } from "../config/ids.ts";
import { IdentityError, readIdentity, writeIdentity } from "./identity.ts";
import type { Identity } from "./identity.ts";

const identity: Identity = {
  version: 1,
  protocol: "raft",
  clusterId: clusterIdOf(["00000000000000a1"]),
  memberId: "00000000000000a1",
  bootstrap: ["00000000000000a1"],
  members: [{ id: "00000000000000a1", name: "m1", peerUrls: ["http://a:1"], clientUrls: [], isLearner: false }],
};

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-identity-"));
  file = join(directory, "member.json");
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("a directory that is not there, or empty, belongs to nobody", () => {
  expect(readIdentity(join(directory, "not", "there"))).toBeNull();
  expect(readIdentity(directory)).toBeNull();
});

test("what was written is read again, and others of this machine can't read it", () => {
  const inner = join(directory, "new");
  writeIdentity(inner, identity);
  expect(readIdentity(inner)).toEqual(identity);
  expect(statSync(inner).mode & 0o077).toBe(0);
  expect(statSync(join(inner, "member.json")).mode & 0o077).toBe(0);
  expect(existsSync(join(inner, "member.json.new"))).toBe(false);
});

test("what a crash has left half written counts for nothing, and does not stand in the way", () => {
  writeFileSync(`${file}.new`, JSON.stringify(identity).slice(0, 40));
  expect(readIdentity(directory)).toBeNull();
  writeIdentity(directory, identity);
  expect(readIdentity(directory)).toEqual(identity);
});

test.each([
  ["cut short", JSON.stringify(identity).slice(0, 40), "is not JSON"],
  ["of another version", JSON.stringify({ ...identity, version: 2 }), "is not what this version of quorate writes"],
  ["without a member", JSON.stringify({ ...identity, memberId: "" }), "is not what this version of quorate writes"],
  ["of other first voters", JSON.stringify({ ...identity, bootstrap: ["00000000000000a3"] }), "is damaged"],
  ["of voters without the member", JSON.stringify({ ...identity, memberId: "00000000000000a3" }), "is damaged"],
  ["with more in it", JSON.stringify({ ...identity, more: 1 }), "is not what this version of quorate writes"],
])("a file that is %s is refused, and nobody takes the directory for a new one", (_, text, complaint) => {
  writeFileSync(file, text);
  expect(() => readIdentity(directory)).toThrow(IdentityError);
  expect(() => readIdentity(directory)).toThrow(complaint);
});

test("a member that has joined later has no first voters to be held against", () => {
  const joined = { ...identity, clusterId: "00000000000000c1", bootstrap: [] };
  writeIdentity(directory, joined);
  expect(readIdentity(directory)).toEqual(joined);
});

test("what can't be read is no new directory either", () => {
  mkdirSync(file);
  expect(() => readIdentity(directory)).toThrow("can't be read");
});
