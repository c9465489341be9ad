import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EXIT, UserError } from "../cli/exit.ts";
import { Workplace } from "../testing/workplace.ts";
import { didYouMean, findRoot, listSpecs, readManifest, select } from "./catalog.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

const root = join(workplace.folder, "specs");
const at = (path: string): string => join(workplace.folder, path);
workplace.write("specs/other/spec.ts", "");
workplace.write("specs/other/node_modules/x/spec.ts", "");

const selected = (word: string): unknown => select(word, () => root).map(({ files, model }) => [files.name, model]);

function faultOf(word: string): readonly [number, string] {
  try {
    select(word, () => root);
  } catch (error) {
    if (error instanceof UserError) return [error.exitCode, error.message];
    throw error;
  }
  return [EXIT.ok, ""];
}

test("specs are the folders that hold a spec.ts, sorted by name, not those of packages", () => {
  expect(listSpecs(root).map(({ name }) => name)).toEqual(["locks/mutex", "locks/token", "other"]);
  expect(listSpecs(root)[0]).toEqual({
    name: "locks/mutex",
    specFile: at("specs/locks/mutex/spec.ts"),
    manifestFile: at("specs/locks/mutex/manifest.json"),
    mutantsFile: at("specs/locks/mutex/mutants.ts"),
  });
});

test("the root is the nearest folder named specs, upwards", () => {
  mkdirSync(at("a/b"), { recursive: true });
  expect(findRoot(at("a/b"))).toBe(root);
  expect(findRoot(root)).toBe(root);
});

test("a word selects a spec, a folder of them, a model, or a file", () => {
  expect(selected("locks/mutex")).toEqual([["locks/mutex", null]]);
  expect(selected("locks/mutex:2-processes")).toEqual([["locks/mutex", "2-processes"]]);
  expect(selected("locks")).toEqual([
    ["locks/mutex", null],
    ["locks/token", null],
  ]);
  const counter = at("counter.ts");
  expect(selected(`${counter}:small`)).toEqual([[counter, "small"]]);
  const [file] = select(counter, () => "nowhere");
  expect(file?.files.manifestFile).toBe(at("counter.manifest.json"));
  const [folder] = select(at("specs/other"), () => "nowhere");
  expect(folder?.files).toMatchObject({
    specFile: at("specs/other/spec.ts"),
    manifestFile: at("specs/other/manifest.json"),
  });
});

test.each<readonly [string, number, string]>([
  ["lock", EXIT.load, "There is no spec lock. Did you mean locks? `check list` shows them all."],
  ["lock/mutex", EXIT.load, "There is no spec lock/mutex. Did you mean locks/mutex? `check list` shows them all."],
  ["tokn", EXIT.load, "There is no spec tokn. Did you mean locks/token? `check list` shows them all."],
  ["elsewhere", EXIT.load, "There is no spec elsewhere. `check list` shows the specs."],
  ["nowhere.ts", EXIT.load, "There is no file nowhere.ts."],
  ["../nowhere", EXIT.load, "There is no folder ../nowhere."],
  [
    at("specs"),
    EXIT.load,
    `The folder ${at("specs")} holds no spec.ts. A folder of several specs is named with --specs.`,
  ],
  ["locks:a", EXIT.usage, "locks:a names a model of several specs at once (locks/mutex, locks/token); name one spec."],
])("%s selects nothing", (word, exitCode, message) => {
  expect(faultOf(word)).toEqual([exitCode, message]);
});

test("a manifest that is not there is none", () => {
  const [mutex, token] = listSpecs(root);
  if (mutex === undefined || token === undefined) throw new Error("The fixtures lack their specs.");
  expect(Object.keys(readManifest(mutex)?.models ?? {})).toEqual(["2-processes", "3-processes"]);
  expect(readManifest(token)).toBeNull();
});

test("only what is near is suggested", () => {
  expect(didYouMean("clinets", ["servers", "clients"])).toBe(" Did you mean clients?");
  expect(didYouMean("foo", ["run", "list"])).toBe("");
  expect(didYouMean("foo", [])).toBe("");
});
