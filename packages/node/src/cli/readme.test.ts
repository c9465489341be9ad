import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXIT } from "./exit.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { FLAG_NAMES, FLAGS } from "../config/flags.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const rows = readme
  .split("\n")
  .flatMap((line) => (line.startsWith("|") ? [line.split("|").map((cell) => cell.trim())] : []));

test("the README has each flag with its default, and no other", () => {
  const flags = rows.flatMap(([, name = "", fallback = ""]) => (/^`--[\w-]+`$/.test(name) ? [[name, fallback]] : []));
  const expected = FLAG_NAMES.map((name) => [
    `\`--${name}\``,
    FLAGS[name].fallback === "" ? "" : `\`${FLAGS[name].fallback}\``,
  ]);
  expect(flags).toEqual(expected);
});

test("the README has each exit code", () => {
  const codes = rows.flatMap(([, code = ""]) => (/^\d+$/.test(code) ? [Number(code)] : []));
  expect(codes).toEqual(Object.values(EXIT));
});

test("the README has each metric of a member's own", () => {
  const metrics = createMetrics({ version: "1", quotaBytes: 1, detail: "basic" });
  const status = {
    version: "",
    dbSize: 0,
    dbSizeInUse: 0,
    leader: null,
    raftTerm: 0,
    raftIndex: 0,
    raftAppliedIndex: 0,
  };
  metrics.watch({
    memberId: "a",
    status: () => ({ ...status, isLearner: false, errors: [] }),
    pending: () => 0,
    lastIndex: () => 0,
    store: () => ({ keys: 0, revision: 1, compacted: 0 }),
    peers: () => [],
    watches: () => ({ streams: 0, watchers: 0, slow: 0 }),
  });
  const own = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  for (const name of own.filter((one) => !/^(process|nodejs)_/.test(one))) expect(readme).toContain(`\`${name}`);
});
