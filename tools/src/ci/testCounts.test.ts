import { expect, test } from "vitest";
import { testCounts } from "./testCounts.ts";

const file = (status: string, ...tests: readonly string[]): object => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test("passed and failed tests are counted, skipped ones are not", () => {
  const testResults = [file("failed", "passed", "failed", "skipped"), file("passed", "passed", "todo")];

  expect(testCounts({ success: false, testResults })).toEqual({ passed: 2, failed: 1 });
});

test("a file that could not be loaded is a failure", () => {
  const testResults = [file("passed", "passed"), file("failed")];

  expect(testCounts({ success: false, testResults })).toEqual({ passed: 1, failed: 1 });
});

test("a hook that threw is a failure", () => {
  expect(testCounts({ success: false, testResults: [file("failed", "skipped", "skipped")] })).toEqual({
    passed: 0,
    failed: 1,
  });
});

test("a run that failed without a failed test is a failure", () => {
  expect(testCounts({ success: false, testResults: [file("passed", "passed")] })).toEqual({ passed: 1, failed: 1 });
});

test("a run without tests is a failure", () => {
  expect(testCounts({ success: true, testResults: [] })).toEqual({ passed: 0, failed: 1 });
  expect(testCounts({ success: true, testResults: [file("passed", "skipped")] })).toEqual({ passed: 0, failed: 1 });
});
