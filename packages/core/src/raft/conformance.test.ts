import { describe, test } from "vitest";
import { conformance } from "../conformance/index.ts";
import { raftSubject } from "../conformance/raft.ts";

describe("Raft keeps the laws of protocols", () => {
  for (const { name, says, check } of conformance(raftSubject)) test(`${name}: ${says}`, () => check());
});
