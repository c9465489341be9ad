import { describe, test } from "vitest";
import { conformance } from "../conformance/index.ts";
import { paxosSubject } from "../conformance/paxos.ts";

describe("Paxos keeps the laws of protocols", () => {
  for (const { name, says, check } of conformance(paxosSubject)) test(`${name}: ${says}`, () => check());
});
