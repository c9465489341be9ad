/** A run may begin with what some run has come to, and with nothing else. */

import { cluster, isEqual, run } from "@quorate/checker";
import type { Raft } from "@quorate/core";
import { expect, test } from "vitest";
import { raftMembers, raftNodes } from "../shared/nodes.ts";
import { earlierDisk } from "./earlier.ts";

const nodes = raftMembers(3);
const figure8 = nodes.map((_, index) => earlierDisk("figure-8", nodes, index));

test("figure-8: these disks come about, with two elections", async () => {
  const subject = cluster<Raft, Record<string, never>>({
    nodes: raftNodes({ nodes, candidates: nodes.slice(0, 2) }),
    timeouts: { election: 2 },
    sometimes: {
      figure8: (s) => s.nodes.every(({ id, disk }) => isEqual(disk, figure8[nodes.indexOf(id)])),
    },
  });
  const { properties } = await run(subject, { depthMax: 12 });
  expect(properties.map(({ name, verdict }) => [name, verdict])).toContainEqual(["figure8", "reached"]);
});

test("nothing: disks that have never been written", () => {
  expect(nodes.map((_, index) => earlierDisk("nothing", nodes, index))).toEqual([null, null, null]);
});
