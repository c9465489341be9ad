import { expect, test } from "vitest";
import { model, value } from "./model/model.ts";
import { choice, flag, integer, spec } from "./spec.ts";

test("a spec is data, but for what builds its state space", () => {
  const built: unknown[] = [];
  const parameters = {
    nodes: integer("how many", { min: 1, max: 5, default: 3 }),
    order: choice("which order", ["none", "fifo"]),
    crashes: flag("whether they crash"),
    learns: flag("whether they learn", true),
  };
  const defined = spec({
    about: "something",
    parameters,
    build: (values) => {
      const { nodes, order, crashes }: { nodes: number; order: "none" | "fifo"; crashes: boolean } = values;
      built.push([nodes, order, crashes]);
      return model({ n: value<number>(0) }, { actions: () => ({}) });
    },
  });
  expect(defined).toEqual({ kind: "spec", about: "something", parameters, build: expect.any(Function) as unknown });
  expect(parameters).toEqual({
    nodes: { kind: "integer", about: "how many", min: 1, max: 5, default: 3 },
    order: { kind: "choice", about: "which order", choices: ["none", "fifo"], default: "none" },
    crashes: { kind: "flag", about: "whether they crash", default: false },
    learns: { kind: "flag", about: "whether they learn", default: true },
  });
  expect(defined.build({ nodes: 2, order: "fifo", crashes: true, learns: false }).kind).toBe("model");
  expect(built).toEqual([[2, "fifo", true]]);
});

test("a spec without parameters has none", () => {
  expect(spec({ about: "a", build: () => model({}, { actions: () => ({}) }) }).parameters).toEqual({});
});
