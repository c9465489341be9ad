import type { Plain } from "@quorate/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomPlain } from "../testing/random-plain.ts";
import { isEqual } from "../values/equal.ts";
import { fromItf, toItf } from "./itf.ts";
import type { TraceOrigin } from "./itf.ts";
import type { Trace } from "./trace.ts";

const origin: TraceOrigin = {
  spec: "paxos",
  parameters: { n: 3, order: "fifo", on: true },
  property: "p",
  kind: "always",
};

const written = (trace: Trace): unknown => JSON.parse(JSON.stringify(toItf(trace, origin)));

test("a trace is the format's, with what it takes to run it again", () => {
  const trace: Trace = [
    { action: null, state: { n: 0, log: [null, Uint8Array.of(1, 255)], "a b": { x: "y" } } },
    { action: { name: "count", details: { by: 1, key: null } }, state: { n: 1, log: [], "a b": { x: "z" } } },
  ];
  expect(written(trace)).toEqual({
    "#meta": {
      format: "ITF",
      description: "A trace of Quorate's checker; replay it with `check replay`.",
      ...origin,
    },
    vars: ["n", "log", "a b"],
    states: [
      {
        "#meta": { index: 0, action: null },
        n: 0,
        log: [{ "#unserializable": "null" }, { "#unserializable": "#01ff" }],
        "a b": { x: "y" },
      },
      {
        "#meta": { index: 1, action: { name: "count", details: { by: 1, key: { "#unserializable": "null" } } } },
        n: 1,
        log: [],
        "a b": { x: "z" },
      },
    ],
  });
});

test("what is written is read back as it was", () => {
  fc.assert(
    fc.property(randomPlain, randomPlain, (before: Plain, after: Plain) => {
      const trace: Trace = [
        { action: null, state: { it: before } },
        { action: { name: "change", details: { to: after } }, state: { it: after } },
      ];
      const read = fromItf(written(trace));
      return (
        isEqual(read.origin, origin) &&
        read.trace.every(({ action, state }, index) => {
          const step = trace[index];
          return isEqual(action, step?.action) && isEqual(state, step?.state);
        })
      );
    }),
  );
});

test("the mutant that a trace is of is kept", () => {
  const trace: Trace = [{ action: null, state: {} }];
  expect(fromItf(toItf(trace, { ...origin, mutant: "28" })).origin).toEqual({ ...origin, mutant: "28" });
  expect(fromItf(toItf(trace, origin)).origin).toEqual(origin);
});

test.each<readonly [string, unknown]>([
  ["no record", 1],
  ["another tool's trace", { "#meta": { format: "ITF" }, vars: ["n"], states: [{ n: 1 }] }],
  ["a trace without states", { ...(toItf([], origin) as object) }],
])("%s is none that can be run again", (_, json) => {
  expect(() => fromItf(json)).toThrow(/"path":|Invalid input/);
});
