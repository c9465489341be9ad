import { describe, expect, test } from "vitest";
import { EXIT, UserError } from "../cli/exit.ts";
import type { Manifest } from "../manifest.ts";
import { model } from "../model/model.ts";
import { choice, flag, integer, spec } from "../spec.ts";
import type { Spec } from "../spec.ts";
import { gateSettings, modelSetting, readAssignments, setting } from "./settings.ts";

const subject: Spec = spec({
  about: "something",
  parameters: {
    nodes: integer("how many", { min: -1, max: 5, default: 3 }),
    order: choice("which order", ["none", "fifo"]),
    crashes: flag("whether they crash"),
  },
  build: () => model({}, { actions: () => ({}) }),
});

const five = { verdict: "holds", distinct: 5 } as const;
const manifest: Manifest = {
  source: "s",
  models: {
    small: { about: "", parameters: { nodes: 2 }, gate: true },
    usual: { about: "", parameters: { nodes: 3, order: "none" }, gate: false, expect: five },
    fifo: { about: "", parameters: { order: "fifo" }, gate: true },
  },
};

const defaults = { nodes: 3, order: "none", crashes: false };

function faultOf(act: () => unknown): readonly [number, string] {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return [error.exitCode, error.message];
    throw error;
  }
  return [EXIT.ok, ""];
}

describe("assignments", () => {
  const read = (...words: readonly string[]): unknown => readAssignments(subject, "x", words);

  test("are read as what each parameter is; the last counts", () => {
    expect(read("nodes=-1", "order=fifo", "crashes=true")).toEqual({ nodes: -1, order: "fifo", crashes: true });
    expect(read("nodes=5", "crashes=false", "nodes=4")).toEqual({ nodes: 4, crashes: false });
    expect(read()).toEqual({});
  });

  test.each([
    ["nodes=6", "x: nodes can't be 6."],
    ["nodes=-2", "x: nodes can't be -2."],
    ["nodes=2.5", "x: nodes can't be 2.5."],
    ["nodes=0x2", "x: nodes can't be 0x2."],
    ["nodes=", "x: nodes can't be empty."],
    ["order=lifo", "x: order can't be lifo."],
    ["crashes=yes", "x: crashes can't be yes."],
    ["nodes", "x: --set nodes is not of the form name=value."],
    ["=3", "x: --set =3 is not of the form name=value."],
    ["node=3", "x: there is no parameter node. Did you mean nodes?"],
    ["toString=3", "x: there is no parameter toString."],
  ])("%s is wrong, and the ranges are told", (word, message) => {
    const ranges = [
      "\n  nodes = 3 (-1 to 5): how many",
      "\n  order = none (none | fifo): which order",
      "\n  crashes = false (true | false): whether they crash",
    ];
    const text = `${message} Its parameters are:${ranges.join("")}`;
    expect(faultOf(() => read(word))).toEqual([EXIT.usage, text]);
  });
});

describe("a setting", () => {
  test("is a model of the manifest where its parameters are one's, and takes its expectation", () => {
    expect(setting(subject, manifest, "x", {})).toEqual({ model: "usual", parameters: defaults, expect: five });
    const fifo = { model: "fifo", parameters: { ...defaults, order: "fifo" }, expect: null };
    expect(setting(subject, manifest, "x", { order: "fifo", crashes: false })).toEqual(fifo);
  });

  test("is custom where they are none's, or there is no manifest", () => {
    const custom = { model: "custom", parameters: { ...defaults, crashes: true }, expect: null };
    expect(setting(subject, manifest, "x", { crashes: true })).toEqual(custom);
    expect(setting(subject, null, "x", {})).toEqual({ model: "custom", parameters: defaults, expect: null });
  });

  test("is a fault of what gives it parameters that the spec has not", () => {
    expect(faultOf(() => setting(subject, null, "x", { node: 3 }))[0]).toBe(EXIT.load);
    expect(faultOf(() => setting(subject, null, "x", { nodes: 6 }))[0]).toBe(EXIT.load);
    expect(faultOf(() => setting(subject, null, "x", { nodes: "3" }))[0]).toBe(EXIT.load);
    const faulty: Manifest = { source: "", models: { m: { about: "", parameters: { order: "lifo" }, gate: true } } };
    expect(faultOf(() => gateSettings(subject, faulty, "x"))[1]).toMatch(/^x:m: order can't be lifo\./);
  });
});

test("the gate is the models that are in it, in their order; the defaults where there is no manifest", () => {
  expect(gateSettings(subject, manifest, "x").map((found) => found.model)).toEqual(["small", "fifo"]);
  expect(gateSettings(subject, null, "x")).toEqual([setting(subject, null, "x", {})]);
});

test("a model is found by its name, with the defaults for what it does not give", () => {
  expect(modelSetting(subject, manifest, "x", "small").parameters).toEqual({ ...defaults, nodes: 2 });
  expect(faultOf(() => modelSetting(subject, manifest, "x", "smal"))).toEqual([
    EXIT.load,
    "x has no model smal. Did you mean small? Its models are small, usual, fifo.",
  ]);
  expect(faultOf(() => modelSetting(subject, manifest, "x", "toString"))[0]).toBe(EXIT.load);
  expect(faultOf(() => modelSetting(subject, null, "x", "m"))[1]).toBe(
    "x has no model m. It has no manifest with models.",
  );
});
