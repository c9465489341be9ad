import { expect, test } from "vitest";
import { explainManifestError } from "./catalog/explain.ts";
import { parseManifest } from "./manifest.ts";

const model = { about: "a", parameters: { n: 1, kind: "word", on: true }, gate: true };
const withModel = (fields: object): unknown => ({ source: "s", models: { m: { ...model, ...fields } } });

function faultOf(manifest: unknown): string {
  try {
    parseManifest(typeof manifest === "string" ? manifest : JSON.stringify(manifest));
    return "none";
  } catch (error) {
    return explainManifestError(error);
  }
}

test("a manifest is read as it is written, its models in their order", () => {
  const written = {
    source: "s",
    models: {
      second: { ...model, expect: { verdict: "holds", distinct: 1, generated: 2, depth: 3 } },
      first: { ...model, gate: false, expect: { verdict: "violated", property: "agreement" } },
      bare: model,
    },
  };
  const read = parseManifest(JSON.stringify(written));
  expect(read).toEqual(written);
  expect(Object.keys(read.models)).toEqual(["second", "first", "bare"]);
});

test.each<readonly [string, unknown, string | RegExp]>([
  ["no JSON", "{,", /^Expected property name/],
  ["no record", [], /^\n {2}\(the whole\): Invalid input: expected object/],
  ["no source", { models: {} }, /^\n {2}source: /],
  ["a field too many", { source: "s", models: {}, model: {} }, `\n  (the whole): Unrecognized key: "model"`],
  ["a field of a model too many", withModel({ gates: true }), `\n  models.m: Unrecognized key: "gates"`],
  ["a model that does not say whether it is in the gate", withModel({ gate: undefined }), /^\n {2}models\.m\.gate: /],
  ["a parameter that is no plain word", withModel({ parameters: { n: 1.5 } }), /^\n {2}models\.m\.parameters\.n: /],
  ["a count of nothing", withModel({ expect: { verdict: "holds", distinct: 0 } }), /models\.m\.expect\.distinct: /],
  ["another verdict", withModel({ expect: { verdict: "incomplete" } }), /models\.m\.expect\.verdict: /],
  ["a violation of nothing", withModel({ expect: { verdict: "violated" } }), /`property` goes with the verdict/],
  [
    "a property that holds",
    withModel({ expect: { verdict: "holds", property: "p" } }),
    /`property` goes with the verdict/,
  ],
  ["a name in capitals", { source: "s", models: { Small: model } }, /models\.Small: /],
])("no manifest: %s", (_, manifest, fault) => {
  expect(faultOf(manifest)).toMatch(fault);
});
