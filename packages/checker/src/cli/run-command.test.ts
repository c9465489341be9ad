import { afterAll, describe, expect, test } from "vitest";
import { fromItf, toItf } from "../trace/itf.ts";
import { Workplace } from "../testing/workplace.ts";
import { EXIT } from "./exit.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

const TLC_LINES =
  /\d+ states generated, \d+ distinct states found, \d+ states left on queue\.\nThe depth of the (complete )?state graph search is \d+\.\nThe average outdegree of the state graph is \d+\.\d+ \(minimum is \d+, the maximum \d+ and the 95th percentile is \d+\)\.\n$/;

test.concurrent(
  "a spec of the user's own, with its manifest: all gate models, one of which breaks as it should",
  async () => {
    const { stdout, stderr, code } = await workplace.check("run", "counter.ts");
    expect(code).toBe(EXIT.ok);
    expect(stderr).toBe("");
    expect(stdout).toMatch(TLC_LINES);
    expect(stdout).toMatch(/^counter\.ts:holds \(all by default\)\n {2}ok {2}always {4}isSmall: holds\n/);
    expect(stdout).toContain("ok  sometimes atGoal: reached in 1 state\n");
    expect(stdout).toMatch(/\n {2}action {5}taken {2}new states {2}known states\n {2}count {10}3 {11}3 {13}0\n/);
    expect(stdout).toMatch(/\n {2}leave {10}0 {11}0 {13}0 {2}never enabled\n/);
    expect(stdout).toContain("5 states generated, 4 distinct states found, 0 states left on queue.");
    expect(stdout).toContain("The depth of the complete state graph search is 4.");
    expect(stdout).toContain("counter.ts:breaks (max=5, small=5, others by default)");
    expect(stdout).toContain("As expected: isSmall breaks.");
  },
);

test.concurrent("a counterexample: numbered steps, what changed, the property, and how to replay it", async () => {
  const { stdout, code } = await workplace.check(
    "run",
    "./counter.ts",
    "--set",
    "small=2",
    "--trace",
    "out/small.json",
  );
  expect(code).toBe(EXIT.safety);
  expect(stdout).toMatch(TLC_LINES);
  expect(stdout).toContain(`./counter.ts:custom (small=2, others by default)

1. Initial state
     counter   0
     constant  "c"

2. count {by: 1}
     counter  0 -> 1

3. count {by: 1}
     counter  1 -> 2

Property isSmall does not hold in state 3.
Saved as out/small.json; run it again with: npx check replay out/small.json

  NO  always    isSmall: violated
  ??  step      byOne: unknown
`);
  const saved: unknown = JSON.parse(workplace.read("out/small.json"));
  expect(saved).toMatchObject({
    "#meta": { format: "ITF", spec: "./counter.ts", property: "isSmall", kind: "always" },
    vars: ["counter", "constant"],
    states: [0, 1, 2].map((counter) => ({ "#meta": { index: counter }, counter, constant: "c" })),
  });
  const { origin, trace } = fromItf(saved);
  expect(toItf(trace, origin)).toEqual(saved);
  expect(origin.parameters).toMatchObject({ max: 3, small: 2 });
});

test.concurrent("a deadlock and a wrong step have their own words", async () => {
  const [deadlock, step] = await Promise.all([
    workplace.check("run", "counter.ts", "--set", "stops=true", "max=2"),
    workplace.check("run", "counter.ts", "--set", "leaps=true", "--set", "max=2"),
  ]);
  expect(deadlock.stdout).toContain("State 3 is a deadlock: nothing can happen in it.\nSaved as traces/");
  expect(deadlock.code).toBe(EXIT.deadlock);
  expect(step.stdout).toContain("Property byOne does not hold of the step to state 2.\nSaved as traces/");
  expect(step.code).toBe(EXIT.safety);
});

test.concurrent.each<readonly [string, readonly string[], string]>([
  ["a wrong count", ["counter.ts:wrong-count"], "Not as expected: distinct is 5, and should be 6."],
  ["a goal never reached", ["counter.ts", "--set", "goal=9"], "Not as expected: atGoal was never reached."],
])("not as expected: %s", async (_, words, message) => {
  const { stdout, code } = await workplace.check("run", ...words);
  expect(stdout).toContain(message);
  expect(stdout).toMatch(TLC_LINES);
  expect(code).toBe(EXIT.expectation);
});

test.concurrent.each([
  ["--max-states", "3", "max-states"],
  ["--max-depth", "2", "max-depth"],
  ["--time-limit", "1ms", "time-limit"],
])("%s %s ends a run, which is incomplete then", async (option, value, limit) => {
  const { stdout, stderr, code } = await workplace.check("run", "endless.ts", option, value, "--json");
  expect(code).toBe(EXIT.incomplete);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "incomplete",
    limit,
    properties: [
      { name: "isPositive", verdict: "unknown" },
      { name: "deadlock", verdict: "unknown" },
      { name: "isNegative", verdict: "unknown" },
    ],
  });
  expect(stderr).toContain("Incomplete: the search ended at its limit of");
  expect(stderr).not.toContain("complete state graph");
});

test.concurrent("Ctrl-C ends a run with a report", async () => {
  const { stdout, stderr, code } = await workplace.checkUntilUnderWay(["run", "endless.ts"], (child) => {
    child.kill("SIGINT");
  });
  expect(stdout).toContain("Incomplete: the search was stopped (interrupted).");
  expect(stdout).toMatch(TLC_LINES);
  expect(stderr).toMatch(/^(under way\n)+$/);
  expect(code).toBe(EXIT.incomplete);
});

describe("functions at fault", () => {
  test.concurrent.each<readonly [string, string]>([
    ["throws", 'After these steps, action increment of {"by":1} threw Error: two is too much\n'],
    [
      "impure",
      `After these steps, action increment of {"by":1} is not pure: two calls with equal input differ: it returns {"n":2} and then {"n":3}
  on input the state {"n":2,"owner":{"a":0,"b":0},"seen":[]}`,
    ],
    ["not-plain", "its result is not plain data: .deep[1] is an instance of Map"],
    ["property-not-boolean", "always property isFine threw TypeError: it returned yes instead of true or false"],
  ])("%s: the steps that led to it, and where in the spec", async (fault, message) => {
    const { stdout, stderr, code } = await workplace.check("run", "faults.ts", "--set", `fault=${fault}`);
    expect(stdout).toContain("3. increment {by: 1}\n     n  1 -> 2\n\nAfter these steps, ");
    expect(stdout).toContain(message);
    expect(stdout).not.toContain("checker/src");
    expect(stdout).toMatch(TLC_LINES);
    expect(stdout).not.toContain("complete state graph");
    expect(stderr).toBe("");
    expect(code).toBe(EXIT.evaluation);
    if (fault === "throws") expect(stdout).toMatch(/too much\n {4}at doubled \(.*faults\.ts:\d+:\d+\)\n/);
  });

  test.concurrent.each<readonly [string, string, number]>([
    ["initial-lacks-function", "Each must give n, owner, seen: functions by key, sets as lists.", EXIT.evaluation],
    ["domain-not-plain", "it can't be set up: .by is an instance of Map", EXIT.evaluation],
    ["too-many-successors", "it can't be explored: A state has more than 65536 successors.", EXIT.evaluation],
    ["build-throws", "faults.ts:custom can't be built: nothing to build", EXIT.load],
  ])("%s: no stack, and no result", async (fault, message, exitCode) => {
    const { stdout, stderr, code } = await workplace.check("run", "faults.ts", "--set", `fault=${fault}`, "--json");
    expect(stderr).toMatch(/^check: faults\.ts:custom/);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toBe("");
    expect(code).toBe(exitCode);
  });
});

test.concurrent("--json: one object a model, with the fields that are promised and no others", async () => {
  const words = ["counter.ts", "counter.ts:wrong-count", "--json"];
  const { stdout, stderr, code } = await workplace.check("run", ...words);
  expect(code).toBe(EXIT.expectation);
  const lines = stdout.trimEnd().split("\n");
  const [holds, breaks, wrong] = lines.map((line): unknown => JSON.parse(line));
  const always = {
    spec: "counter.ts",
    seconds: expect.any(Number),
    collisionProbability: expect.any(Number),
    workers: 1,
  };
  const defaults = { max: 3, small: 20, goal: 0, leaps: false, stops: false, leaves: false };
  expect(lines).toHaveLength(3);
  expect(holds).toEqual({
    ...always,
    model: "holds",
    parameters: defaults,
    verdict: "holds",
    distinct: 4,
    generated: 5,
    depth: 4,
    properties: [
      { name: "isSmall", kind: "always", verdict: "holds" },
      { name: "byOne", kind: "step", verdict: "holds" },
      { name: "deadlock", kind: "deadlock", verdict: "holds" },
      { name: "atGoal", kind: "sometimes", verdict: "reached" },
    ],
  });
  expect(breaks).toEqual({
    ...always,
    model: "breaks",
    parameters: { ...defaults, max: 5, small: 5 },
    verdict: "violated",
    distinct: 6,
    generated: 6,
    depth: 5,
    properties: [
      { name: "isSmall", kind: "always", verdict: "violated", trace: "traces/counter-breaks-isSmall.itf.json" },
      { name: "byOne", kind: "step", verdict: "unknown" },
      { name: "deadlock", kind: "deadlock", verdict: "unknown" },
      { name: "atGoal", kind: "sometimes", verdict: "reached" },
    ],
  });
  expect(wrong).toMatchObject({ model: "wrong-count", verdict: "holds", distinct: 5 });
  expect(fromItf(JSON.parse(workplace.read("traces/counter-breaks-isSmall.itf.json"))).trace).toHaveLength(6);
  expect(stderr).toMatch(TLC_LINES);
});

test.concurrent("--json says why a run ended at a function's fault", async () => {
  const { stdout, code } = await workplace.check("run", "faults.ts", "--json");
  expect(code).toBe(EXIT.evaluation);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "incomplete",
    error: expect.stringMatching(/^action increment of \{"by":1\} threw Error: two is too much$/) as unknown,
  });
});

test.concurrent.each<readonly [string, readonly string[], string]>([
  ["before the spec", ["--set", "max=4", "counter.ts"], "counter.ts:wrong-count (max=4"],
  [
    "each with its own --set",
    ["--set", "max=5", "counter.ts", "--set", "small=5"],
    "counter.ts:breaks (max=5, small=5",
  ],
  ["several behind one --set", ["counter.ts", "--set", "max=5", "small=5"], "counter.ts:breaks (max=5, small=5"],
  ["several, and then the spec", ["--set", "max=5", "small=5", "./counter.ts"], "./counter.ts:breaks (max=5, small=5"],
])("parameters can be given %s", async (_, words, title) => {
  const { stdout } = await workplace.check("run", ...words);
  expect(stdout).toMatch(TLC_LINES);
  expect(stdout.slice(0, title.length)).toBe(title);
});

test.concurrent("a trace that can't be saved is the system's fault", async () => {
  const { stderr, code } = await workplace.check("run", "counter.ts", "--set", "small=2", "--trace", "package.json/x");
  expect(stderr).toMatch(/^check: The trace can't be saved: .*Name another file with --trace\.\n$/);
  expect(code).toBe(EXIT.system);
});

test.concurrent("from a folder below: the specs above, a folder of them, one without a manifest", async () => {
  workplace.write("below/here/note.txt", "");
  const { stdout, stderr, code } = await workplace.checkIn("below/here", ["run", "locks", "--json"]);
  expect(stdout.split("\n").map((line) => /"spec":"(.*?)","model":"(.*?)"/.exec(line)?.slice(1))).toEqual([
    ["locks/mutex", "2-processes"],
    ["locks/token", "custom"],
    undefined,
  ]);
  expect(stderr).toContain("locks/token:custom (nodes=3)");
  expect(code).toBe(EXIT.ok);
});

test.concurrent("a folder by its path; parameters of a model mean the model", async () => {
  const words = ["run", "./specs/locks/mutex", "--set", "processes=3"];
  const { stdout, stderr, code } = await workplace.checkIn(".", words, { NO_COLOR: "1" });
  expect(stdout).toMatch(/^\.\/specs\/locks\/mutex:3-processes \(processes=3\)\n/);
  // oxlint-disable-next-line no-control-regex
  expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(code).toBe(EXIT.ok);
});
