import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Workplace } from "../testing/workplace.ts";
import { EXIT } from "./exit.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

test.concurrent("a mutant that is caught is shown with its trace, which replays through the mutant", async () => {
  const { stdout, code } = await workplace.check("mutants", "locks", "--only", "1", "--show");
  expect(stdout).toMatch(/^ok {4}mutant 1 of locks\/mutex +caught by mutualExclusion {2}\d states, depth 3, /);
  expect(stdout).toContain("A lock is given to whoever asks. made up.");
  expect(stdout).toContain(
    '3. enter {p: "p2"}\n     owner  "p1" -> "p2"\n     at.p2  false -> true\n\nProperty mutualExclusion does not',
  );
  expect(stdout).toMatch(/\n1 of 1 mutants caught, each by the property named for it\.\n$/);
  expect(code).toBe(EXIT.ok);
  const file = /npx check replay (\S+)/.exec(stdout)?.[1] ?? "";
  const replayed = await workplace.check("replay", file);
  expect(replayed.stdout).toContain("mutualExclusion of locks/mutex with mutant 1 still breaks");
  expect(replayed.code).toBe(EXIT.safety);
});

test.concurrent("the gate: models and mutants, and why each mutant that is not caught is not", async () => {
  const { stdout, stderr, code } = await workplace.check();
  for (const line of [
    /^ok {4}locks\/mutex:2-processes +holds {2}3 distinct, 5 generated, depth 2, /m,
    /^ok {4}mutant 1 of locks\/mutex +caught by mutualExclusion /m,
    /^FAIL {2}mutant survives of locks\/mutex +survived /m,
    /It survives: mutualExclusion does not break \(holds\)\.$/m,
    /It survives: ownerIsInside does not break \(holds\)\.$/m,
    /^FAIL {2}Mutant gone no longer applies: the text that it edits in specs\/locks\/mutex\/lock\.ts is not there any more:$/m,
    /^FAIL {2}Mutant not-loaded: locks\/mutex never loads specs\/locks\/mutex\/unused\.ts\.$/m,
    /^FAIL {2}Mutant no-code can't be loaded with its edit: .*$/m,
    /^FAIL {2}mutant throws of locks\/mutex +failed /m,
    /It fails before mutualExclusion can break: action enter of .* threw Error: no lock$/m,
    /^ok {4}locks\/token:custom +holds /m,
    /\nThe gate does not hold: 3 of 9 models and mutants came out as expected, in \d+\.\d s\.\n$/,
  ]) {
    expect(stdout).toMatch(line);
  }
  // On a slow machine there is progress in between.
  const warnings = stderr.split("\n").filter((line) => line.startsWith("check: "));
  expect(warnings).toEqual(["check: warning: locks/token has no manifest.json, so its counts are held to nothing."]);
  expect(code).toBe(EXIT.expectation);
});

test.concurrent("what others report of the bug is printed beside what is found here", async () => {
  const at = new Workplace();
  const mutant = {
    about: "A lock is given to whoever asks.",
    source: "made up",
    file: "lock.ts",
    find: `  if (lock.owner !== "") return null;\n`,
    replace: "",
    parameters: { processes: 2 },
    property: "mutualExclusion",
  };
  const reference = { by: "SandTable", distinct: 2360000, depth: 14, seconds: 120 };
  const write = (...list: readonly object[]): void =>
    at.write("specs/locks/mutex/mutants.ts", `export default ${JSON.stringify(list)};`);
  write(
    { ...mutant, id: "timed", reference },
    { ...mutant, id: "untimed", reference: { ...reference, seconds: null } },
    { ...mutant, id: "ours" },
  );
  const { stdout, code } = await at.check("mutants", "locks/mutex");
  write({ ...mutant, id: "wrong", reference: { ...reference, depth: "deep" } });
  const wrong = await at.check("mutants", "locks/mutex");
  at.remove();
  const about = "        A lock is given to whoever asks. made up.\n";
  expect(stdout).toContain(
    `${about}        SandTable reports 2,360,000 states, depth 14, 120 s.\nok    mutant untimed`,
  );
  expect(stdout).toContain(`${about}        SandTable reports 2,360,000 states, depth 14.\nok    mutant ours`);
  expect(stdout).toContain(`${about}\n3 of 3 mutants caught`);
  expect(code).toBe(EXIT.ok);
  expect(wrong.stderr).toContain("mutants.ts must end in `export default mutants([ ... ])`.");
  expect(wrong.code).toBe(EXIT.load);
});

test.concurrent("a mutant that takes away what is sometimes reached", async () => {
  const at = new Workplace();
  const mutant = {
    source: "made up",
    file: "lock.ts",
    find: "return { owner: process };",
    replace: "return null;",
    parameters: { processes: 2 },
    property: "isTaken",
  };
  const list = [
    { ...mutant, id: "nobody", about: "Nobody gets the lock." },
    { ...mutant, id: "harmless", about: "An edit that changes nothing.", replace: "return { owner: `${process}` };" },
    { ...mutant, id: "vacuous", about: "Without processes nobody asks.", parameters: { processes: 0 } },
  ];
  at.write("specs/locks/mutex/mutants.ts", `export default ${JSON.stringify(list)};`);
  at.write("specs/locks/mutex/spec.ts", at.read("specs/locks/mutex/spec.ts").replace("min: 1", "min: 0"));
  const { stdout, code } = await at.check("mutants", "locks/mutex");
  at.remove();
  for (const line of [
    /^ok {4}mutant nobody of locks\/mutex +caught by isTaken, never reached {2}1 states, depth 1, /m,
    /^FAIL {2}mutant harmless of locks\/mutex +survived /m,
    /It survives: isTaken is still reached\.$/m,
    /^FAIL {2}mutant vacuous of locks\/mutex +caught by isTaken, never reached /m,
    /It proves nothing: isTaken is not reached without the edit too, under the same parameters\.$/m,
    /\n1 of 3 mutants caught, each by the property named for it\.\n$/,
  ]) {
    expect(stdout).toMatch(line);
  }
  expect(code).toBe(EXIT.expectation);
});

test.concurrent("mutants that take out a guard have a command, and no part in the gate", async () => {
  const at = new Workplace();
  const mutant = { source: "made up", file: "lock.ts", parameters: { processes: 2 } };
  const isFree = `  if (lock.owner !== "") return null;\n`;
  const guards = [
    { ...mutant, id: "free", about: "It need not be free.", find: isFree, replace: "", property: "mutualExclusion" },
    {
      ...mutant,
      id: "asserted",
      about: "An assertion says so.",
      find: isFree,
      replace: `  if (lock.owner !== "") throw new Error("the lock is free");\n`,
      property: "totality",
    },
    { ...mutant, id: "total", about: "Nothing throws.", find: isFree, replace: "", property: "totality" },
  ];
  const zoo = [{ ...guards[0], id: "zoo" }];
  at.write(
    "specs/locks/mutex/mutants.ts",
    `import { guards, mutants } from "@quorate/checker";
    export default mutants([...${JSON.stringify(zoo)}, ...guards(${JSON.stringify(guards)})]);`,
  );
  const [gate, mutants, guarded, only, none] = await Promise.all([
    at.check(),
    at.check("mutants", "locks"),
    at.check("mutants", "locks", "--guards"),
    at.check("mutants", "locks", "--only", "asserted", "--show"),
    at.check("mutants", "locks/token", "--guards"),
  ]);
  at.remove();
  expect(gate.stdout).toContain("mutant zoo of locks/mutex");
  expect(gate.stdout).not.toContain("mutant free of locks/mutex");
  expect(mutants.stdout).toMatch(/^ok {4}mutant zoo of [^]*\n1 of 1 mutants caught/);
  expect(guarded.stdout).toMatch(/^ok {4}mutant free of locks\/mutex +caught by mutualExclusion {2}/m);
  expect(guarded.stdout).toMatch(/^ok {4}mutant asserted of locks\/mutex +caught by totality, a step throws {2}/m);
  expect(guarded.stdout).toMatch(/^FAIL {2}mutant total of [^]*It survives: totality does not break \(holds\)\.$/m);
  expect(guarded.stdout).toContain("\n2 of 3 mutants caught");
  expect(guarded.code).toBe(EXIT.expectation);
  expect(only.stdout).toContain("After these steps, action enter of");
  expect(only.stdout).toContain("\n1 of 1 mutants caught");
  expect(none.stderr).toContain("There are no guards among those of locks/token.");
});

describe("nothing below the folder of the specs is passed over without a word", () => {
  const spec = (at: Workplace): string => at.read("counter.ts");

  test.concurrent.each<readonly [string, (at: Workplace) => void, string]>([
    [
      "a manifest under another name",
      (at) => at.write("specs/a/Manifest.json", at.read("counter.manifest.json")),
      "specs/a/Manifest.json looks like a manifest, and nobody reads it under that name. Call it manifest.json; or, if",
    ],
    ["mutants under another name", (at) => at.write("specs/a/mutant.ts", ""), "specs/a/mutant.ts looks like a list of"],
    [
      "a manifest without a spec",
      (at) => at.write("specs/b/manifest.json", at.read("counter.manifest.json")),
      "specs/b/manifest.json belongs to no spec: there is no spec.ts beside it.",
    ],
    [
      "mutants without a spec",
      (at) => at.write("specs/b/mutants.ts", ""),
      "specs/b/mutants.ts belongs to no spec: there",
    ],
    [
      "a spec in other letters",
      (at) => at.write("specs/b/Spec.ts", spec(at)),
      "specs/b/Spec.ts looks like a spec, and nobody reads it under that name. Call it spec.ts; or, if it is something",
    ],
    [
      "a linked folder",
      (at) => symlinkSync(join(at.folder, "specs/a"), join(at.folder, "specs/b")),
      "specs/b is a symbolic link, which is not followed. Put the folder itself there, or name it with --specs.",
    ],
    [
      "a linked spec",
      (at) => {
        at.write("specs/b/note.txt", "");
        symlinkSync(join(at.folder, "counter.ts"), join(at.folder, "specs/b/spec.ts"));
      },
      "specs/b/spec.ts is a symbolic link, which is not followed. Put the file itself there, and what it imports.",
    ],
    [
      "a link to nothing",
      (at) => symlinkSync("gone", join(at.folder, "specs/b")),
      "specs/b is a symbolic link to nothing.",
    ],
    [
      "a list of no mutants",
      (at) => at.write("specs/a/mutants.ts", "export default [];"),
      "specs/a/mutants.ts lists no mutant. Without mutants, a spec needs no such file.",
    ],
    [
      "two mutants of one id",
      (at) => {
        const mutant = `{ id: "1", about: "", source: "", file: "", find: "", replace: "", property: "", parameters: {} }`;
        at.write("specs/a/mutants.ts", `export default [${mutant}, ${mutant}];`);
      },
      "specs/a/mutants.ts has two mutants with the id 1.",
    ],
  ])("%s", async (_, spoil, message) => {
    const at = new Workplace();
    rmSync(join(at.folder, "specs"), { recursive: true });
    at.write("specs/a/spec.ts", spec(at));
    spoil(at);
    const { stdout, stderr, code } = await at.check();
    at.remove();
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(EXIT.load);
  });

  test("what is amiss in one spec is in the way of that one alone", async () => {
    const at = new Workplace();
    at.write("specs/locks/token/expect.json", "{}");
    const [mutex, token, both] = await Promise.all(
      ["locks/mutex", "locks/token", "locks"].map((word) => at.check("run", word)),
    );
    at.remove();
    expect(mutex?.code).toBe(EXIT.ok);
    for (const ended of [token, both]) {
      expect(ended?.stderr).toContain("specs/locks/token/expect.json looks like a manifest");
      expect(ended?.code).toBe(EXIT.load);
    }
  });
});

test.concurrent("list: the specs with their models, parameters and ranges, for people and for machines", async () => {
  const [text, json] = await Promise.all([
    workplace.check("list"),
    workplace.checkIn("node_modules", ["list", "--json", "--specs", "../specs/locks"]),
  ]);
  expect(text.stdout).toBe(`locks/mutex  Processes share a lock.
  models
    2-processes  the smallest race
                 processes=2; 3 states
    3-processes  one more process (not in the gate)
                 processes=3; 4 states
  parameters, with their defaults and ranges
    processes  2  1 to 3  processes that want the lock

locks/token  One token goes around a ring.
  parameters, with their defaults and ranges
    nodes  3  1 to 9  nodes of the ring

`);
  expect(text.code).toBe(EXIT.ok);
  const [mutex, token] = json.stdout
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(mutex).toMatchObject({ spec: "mutex", source: "made up", models: { "2-processes": { gate: true } } });
  expect(token).toMatchObject({
    spec: "token",
    parameters: { nodes: { kind: "integer", min: 1, max: 9 } },
    models: {},
  });
});

test.concurrent("the gate is stopped with a report", async () => {
  const endless = new Workplace();
  endless.write("specs/a/spec.ts", endless.read("endless.ts"));
  const { stdout, code } = await endless.checkUntilUnderWay([], (child) => child.kill("SIGINT"));
  endless.remove();
  expect(stdout).toMatch(/\nIncomplete: stopped after 0 of 10 models and mutants\.\n$/);
  expect(code).toBe(EXIT.incomplete);
});
