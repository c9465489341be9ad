import { afterAll, expect, test } from "vitest";
import { Workplace } from "../testing/workplace.ts";
import { EXIT } from "./exit.ts";

const workplace = new Workplace();
afterAll(() => workplace.remove());

test("a saved trace still breaks, holds once the property is mended, and is no trace once the actions differ", async () => {
  const source = workplace.read("counter.ts");
  const [always, deadlock] = await Promise.all([
    workplace.check("run", "counter.ts", "--set", "small=2", "--trace", "always.json"),
    workplace.check("run", "counter.ts", "--set", "stops=true", "--trace", "deadlock.json"),
  ]);
  expect([always.code, deadlock.code]).toEqual([EXIT.safety, EXIT.deadlock]);
  const replays = (): ReturnType<Workplace["check"]>[] =>
    ["always.json", "deadlock.json"].map((file) => workplace.check("replay", file));

  const [alwaysBreaks, deadlockBreaks] = await Promise.all(replays());
  expect(alwaysBreaks?.stdout).toMatch(/^1\. Initial state\n/);
  expect(alwaysBreaks?.stdout).toMatch(/\n\nisSmall of counter\.ts still breaks at the end of this trace\.\n$/);
  expect(alwaysBreaks?.code).toBe(EXIT.safety);
  expect(deadlockBreaks?.code).toBe(EXIT.deadlock);

  workplace.write("counter.ts", source.replace("counter < small", "counter <= small").replace("&& !stops", ""));
  const [alwaysHolds, deadlockHolds] = await Promise.all(replays());
  expect(alwaysHolds?.stdout).toMatch(/\n\nisSmall of counter\.ts holds at the end of this trace today\.\n$/);
  expect([alwaysHolds?.code, deadlockHolds?.code]).toEqual([EXIT.ok, EXIT.ok]);

  const replayOf = (mended: string): ReturnType<Workplace["check"]> => {
    workplace.write("counter.ts", mended);
    return workplace.check("replay", "always.json");
  };
  const elsewhere = await replayOf(source.replace("counter + by", "counter + 3 * by"));
  expect(elsewhere.stdout).toContain("any more: step 2, count {by: 1}, now leads to another state.");
  expect(elsewhere.code).toBe(EXIT.expectation);

  const unclaimed = await replayOf(source.replace("isSmall:", "isLow:"));
  expect(unclaimed.stdout).toBe("This trace is none of counter.ts any more: there is no property isSmall.\n");
  expect(unclaimed.code).toBe(EXIT.expectation);

  const unknown = await replayOf(source.replaceAll("small", "tiny"));
  expect(unknown.stderr).toContain("check: counter.ts: there is no parameter small.");
  expect(unknown.code).toBe(EXIT.load);

  const throws = await replayOf(source.replace("counter + by", "gone(by)"));
  expect(throws.stderr).toMatch(/^check: action count of \{"by":1\} threw ReferenceError: gone is not defined\n$/);
  expect(throws.code).toBe(EXIT.evaluation);
});
