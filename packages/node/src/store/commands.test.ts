/** What passes for a command: whatever comes out of the order is looked at to the bottom. */

import type { Plain } from "@quorate/core";
import { describe, expect, test } from "vitest";
import { isCommand, isQuery } from "./commands.ts";
import { get, ifVersion, put, txn } from "./testing/requests.ts";

const member = { id: "00000000000000aa", name: "a", peerUrls: ["http://a:2380"], clientUrls: [], isLearner: false };

/** `levels` transactions in one another, with a put in the innermost. */
function nested(levels: number): Plain {
  let op: Plain = put("a", "1");
  for (let level = 0; level < levels; level++) op = { type: "txn", compare: [], success: [op], failure: [] };
  return op;
}

describe("commands", () => {
  test.each<Plain>([
    put("a", "ÿ\0"),
    txn([put("a", "1"), txn([get("a")])], [], [ifVersion("a", 1)]),
    { type: "compact", revision: 0 },
    { type: "leaseGrant", id: "9223372036854775807", ttl: 0 },
    { type: "membersInit", members: [member, { ...member, id: "00000000000000ab" }] },
    { type: "memberAdd", member },
    { type: "alarmRaise", member: member.id, alarm: "corrupt" },
    nested(100),
  ])("%j", (value) => {
    expect(isCommand(value)).toBe(true);
  });
});

describe("not commands", () => {
  test.each<readonly [string, Plain]>([
    ["nothing", null],
    ["a list", [put("a", "1")]],
    ["a read", get("a")],
    ["an unknown type", { type: "toString" }],
    ["a text for a number", { type: "compact", revision: "1" }],
    ["a negative revision", { type: "compact", revision: -1 }],
    ["a key that is no bytes", put("Ā", "1")],
    ["a value that is no bytes", put("a", "\u{1f600}")],
    ["a key that is missing", { ...put("a", "1"), key: null }],
    ["a lease with a leading zero", put("a", "1", { lease: "01" })],
    ["a lease beyond 63 bits", { type: "leaseGrant", id: "9223372036854775808", ttl: 1 }],
    ["a grant of no lease", { type: "leaseGrant", id: "0", ttl: 1 }],
    ["a fault deep in a transaction", txn([txn([], [put("Ā", "1")])])],
    ["a transaction without a branch", { type: "txn", compare: [], success: [] }],
    ["a comparison with another's value", { ...txn([]), compare: [{ ...ifVersion("a", 1), target: "value" }] }],
    ["transactions nested too deep", nested(101)],
    ["transactions nested so deep that a stack would not do", nested(100_000)],
    ["a member's id in capitals", { type: "memberRemove", id: "00000000000000AA" }],
    ["two members of one id", { type: "membersInit", members: [member, member] }],
    ["a member without a name", { type: "memberAdd", member: { ...member, name: null } }],
    ["an alarm that there is not", { type: "alarmRaise", member: member.id, alarm: "fire" }],
  ])("%s", (_what, value) => {
    expect(isCommand(value)).toBe(false);
  });
});

test("a query is a read of a range, and nothing else", () => {
  expect(isQuery(get("a", "b", { limit: 1 }))).toBe(true);
  for (const value of [put("a", "1"), { ...get("a"), sortTarget: "toString" }, { ...get("a"), limit: 0.5 }, null]) {
    expect(isQuery(value)).toBe(false);
  }
});
