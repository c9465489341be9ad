import { afterAll, expect, test } from "vitest";
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
  expect(stderr).toBe("");
  expect(code).toBe(EXIT.expectation);
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
