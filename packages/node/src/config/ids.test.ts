import { expect, test } from "vitest";
import { clusterIdOf, memberIdOf } from "./ids.ts";

/** What `etcd --name default` and `etcdctl endpoint status` say of a member with etcd's defaults. */
test("a member with etcd's defaults has the ids that it has under etcd", () => {
  const id = memberIdOf(["http://localhost:2380"], "etcd-cluster");
  expect(id).toBe("8e9e05c52164694d");
  expect(clusterIdOf([id])).toBe("cdf818194e3a8c32");
});

test("neither the order of the URLs nor that of the members matters", () => {
  const urls = ["https://10.0.0.2:2380", "https://10.0.0.1:2380"];
  const id = memberIdOf(urls, "token");
  const other = memberIdOf(["https://10.0.0.3:2380"], "token");
  expect(memberIdOf([...urls].reverse(), "token")).toBe(id);
  expect(clusterIdOf([id, other])).toBe(clusterIdOf([other, id]));
});

test("token, URLs and the time of an addition each make another member", () => {
  const ids = [
    memberIdOf(["http://10.0.0.1:2380"], "a"),
    memberIdOf(["http://10.0.0.1:2380"], "b"),
    memberIdOf(["http://10.0.0.2:2380"], "a"),
    memberIdOf(["http://10.0.0.1:2380"], "a", 1_700_000_000),
    memberIdOf(["http://10.0.0.1:2380"], "a", 1_700_000_001),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
});
