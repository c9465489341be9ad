import { expect, test } from "vitest";
import { explainManifestError } from "./catalog/explain.ts";
import { parseManifest } from "./manifest.ts";

const holds = { verdict: "holds", distinct: 1, generated: 2, depth: 3 };
const model = { about: "a", parameters: { n: 1, kind: "word", on: true }, gate: true, expect: holds };
const withModel = (fields: object): unknown => ({ source: "s", models: { m: { ...model, ...fields } } });
const without = (count: string): unknown =>
  withModel({ expect: Object.fromEntries(Object.entries(holds).filter(([field]) => field !== count)) });

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
      second: model,
      first: { ...model, expect: { verdict: "violated", property: "agreement" } },
      unknown: { ...model, gate: false, expect: { verdict: "holds" } },
      bare: { about: "a", parameters: {}, gate: false },
    },
  };
  const read = parseManifest(JSON.stringify(written));
  expect(read).toEqual(written);
  expect(Object.keys(read.models)).toEqual(["second", "first", "unknown", "bare"]);
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
  [
    "a gate model of which nothing is expected",
    withModel({ expect: undefined }),
    "\n  models.m.expect.verdict: a model of",
  ],
  [
    "a gate model without its states",
    without("distinct"),
    /^\n {2}models\.m\.expect\.distinct: a model of the gate must say this/,
  ],
  [
    "a gate model without its transitions",
    without("generated"),
    /^\n {2}models\.m\.expect\.generated: a model of the gate/,
  ],
  ["a gate model without its depth", without("depth"), /^\n {2}models\.m\.expect\.depth: a model of the gate must/],
  [
    "a gate model that only holds",
    withModel({ expect: { verdict: "holds" } }),
    /distinct: .*\n.*generated: .*\n.*depth: .* let `gate` be false$/,
  ],
  [
    "two models of one name",
    `{ "source": "s", "models": { "m" : {}, "n": [{ "m": 1 }], "m": {} } }`,
    `"m" stands there twice`,
  ],
  [
    "a field given twice",
    `{ "source": "}\\"{", "models": { "m": { "about": "gate: ", "gate": false, "gate": true } } }`,
    `"gate" stands there twice in one record, and only the last would count`,
  ],
  ["a name in capitals", { source: "s", models: { Small: model } }, /models\.Small: /],
])("no manifest: %s", (_, manifest, fault) => {
  expect(faultOf(manifest)).toMatch(fault);
});

test("one name in two records, and a name as a value, are not twice the same", () => {
  const models = { a: { ...model, about: "a", parameters: { a: "a" } }, b: { ...model, about: 'a": {' } };
  expect(faultOf({ source: "models", models })).toBe("none");
});
