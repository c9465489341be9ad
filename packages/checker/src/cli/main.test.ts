import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Workplace } from "../testing/workplace.ts";
import { EXIT } from "./exit.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

test.concurrent("help names the commands, the option they share and the exit codes", async () => {
  const { stdout, stderr, code } = await workplace.check("--help");
  expect(code).toBe(EXIT.ok);
  expect(stderr).toBe("");
  for (const word of ["list", "run", "replay", "mutants", "--specs", "150 a spec could not be loaded"]) {
    expect(stdout).toContain(word);
  }
});

test.concurrent.each<readonly [string, readonly string[], string]>([
  ["an unknown option", ["run", "counter.ts", "--fast"], "unknown option '--fast'"],
  ["an unknown command", ["rum"], "There is no command rum. Did you mean run?"],
  ["a missing argument", ["run"], "missing required argument 'spec[:model]'"],
  ["an unknown parameter", ["run", "counter.ts", "--set", "mx=3"], "there is no parameter mx. Did you mean max? Its"],
  ["a value out of range", ["run", "counter.ts", "--set", "max=21"], "max can't be 21. Its parameters are:\n  max = 3"],
  ["a word that is no assignment", ["run", "counter.ts", "--set", "max"], "--set max is not of the form name=value"],
  [
    "an assignment without --set",
    ["run", "counter.ts", "max=4"],
    "max=4 is no spec; a parameter is given as --set max=4.",
  ],
  ["nothing but assignments", ["run", "--set", "max=4", "small=2"], "It is not said which spec to run."],
  ["a duration without a unit", ["run", "counter.ts", "--time-limit", "3"], "such as 500ms, 60s, 5m or 1h"],
  ["a number that is none", ["run", "counter.ts", "--max-states", "1e3"], "It must be a positive integer."],
  ["one trace file of several models", ["run", "counter.ts", "--trace", "t"], "2 models are to run; name one model"],
  ["several workers", ["run", "counter.ts", "--workers", "2"], "This version explores with one thread"],
])("wrong usage: %s", async (_, words, message) => {
  const { stdout, stderr, code } = await workplace.check(...words);
  expect(code).toBe(EXIT.usage);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^check: /);
});

test.concurrent.each<readonly [string, readonly string[], string]>([
  ["no such spec", ["run", "locks/mutx"], "There is no spec locks/mutx. Did you mean locks/mutex?"],
  ["no such model", ["run", "locks/mutex:2-process"], "no model 2-process. Did you mean 2-processes? Its models are"],
  ["no such file", ["run", "./nowhere.ts"], "There is no file ./nowhere.ts."],
  ["no such folder", ["run", "./nowhere"], "There is no folder ./nowhere."],
  ["no such trace", ["replay", "nowhere.itf.json"], "There is no file nowhere.itf.json."],
  ["a trace that is none", ["replay", "package.json"], "package.json is no trace that check has saved"],
  ["mutants where there are none", ["mutants", "locks/token"], "There are no mutants among those of locks/token."],
  ["no such mutant", ["mutants", "--only", "1", "2"], "There is no mutant 2 among those of all specs."],
])("nothing to load: %s", async (_, words, message) => {
  const { stdout, stderr, code } = await workplace.check(...words);
  expect(code).toBe(EXIT.load);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^check: /);
  expect(stderr).toContain(message);
});

const loadable = `export { default } from "./counter.ts";\n`;

test.concurrent.each<readonly [string, { readonly [file: string]: string }, readonly string[]]>([
  ["no default export", { "a/spec.ts": "export const spec = 1;" }, ["a/spec.ts is no spec: it has no default export"]],
  ["a syntax error", { "c/spec.ts": "const a = ;" }, ["c/spec.ts can't be loaded", `Unexpected ";"`, "spec.ts:1:10"]],
  ["an import of nothing", { "d/spec.ts": `import "./gone.ts";` }, ["d/spec.ts can't be loaded", "gone.ts"]],
  ["an error while it loads", { "e/spec.ts": `throw new Error("no way");` }, ["Error: no way", "spec.ts:1"]],
  [
    "a manifest that is no JSON",
    { "f/spec.ts": loadable, "f/manifest.json": "{," },
    ["f/manifest.json can't be used:"],
  ],
  [
    "a manifest with a field too many",
    { "g/spec.ts": loadable, "g/manifest.json": `{ "source": "s", "models": { "m": { "gate": true, "abuot": "" } } }` },
    ["g/manifest.json can't be used:", "\n  models.m.about: ", `\n  models.m: Unrecognized key: "abuot"`],
  ],
  [
    "a manifest whose parameters the spec has not",
    {
      "h/spec.ts": loadable,
      "h/manifest.json": `{ "source": "s", "models": { "m": { "about": "", "parameters": { "x": 1 }, "gate": true, "expect": { "verdict": "violated", "property": "isSmall" } } } }`,
    },
    ["there is no parameter x"],
  ],
  [
    "a gate model without a count",
    {
      "i/spec.ts": loadable,
      "i/manifest.json": `{ "source": "s", "models": { "small": { "about": "", "parameters": {}, "gate": true, "expect": { "verdict": "holds", "distinct": 4, "depth": 4 } } } }`,
    },
    ["i/manifest.json can't be used: \n  models.small.expect.generated: a model of the gate must say this"],
  ],
  [
    "a manifest under another name",
    { "j/spec.ts": loadable, "j/expected.json": "{}" },
    ["j/expected.json looks like a manifest, and nobody reads it under that name. Call it manifest.json; or"],
  ],
  [
    "a spec under another name",
    { "k/specs.ts": loadable },
    ["k/specs.ts looks like a spec, and nobody", "spec.ts; or"],
  ],
])("can't be loaded: %s", async (_, files, messages) => {
  for (const [file, content] of Object.entries(files))
    workplace.write(file, content.replace("./counter", "../counter"));
  const folder = Object.keys(files)[0]?.split("/")[0] ?? "";
  const { stdout, stderr, code } = await workplace.check("run", `./${folder}`);
  expect(stderr).toMatch(/^check: /);
  for (const message of messages) expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(code).toBe(EXIT.load);
});

test.concurrent("a spec that has not the checker among its dependencies is told what it lacks", async () => {
  const elsewhere = new Workplace();
  rmSync(join(elsewhere.folder, "node_modules"), { recursive: true });
  const { stderr, code } = await elsewhere.check("run", "./counter.ts");
  elsewhere.remove();
  expect(stderr).toContain("needs @quorate/checker among its own dependencies");
  expect(code).toBe(EXIT.load);
});
