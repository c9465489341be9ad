import { z } from "zod";

/** How many tests passed and failed in one run. */
export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
};

const report = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

/**
 * Counts the tests of a run from what vitest's JSON reporter wrote. A file that failed although none of its tests did
 * (it could not be loaded, or a hook threw) counts as one failure; so does a run without any test, and one that
 * failed for a reason of its own, such as an unhandled rejection. Skipped tests count as neither.
 */
export function testCounts(json: unknown): TestCounts {
  const { success, testResults } = report.parse(json);
  const count = (status: string): number =>
    testResults.flatMap(({ assertionResults }) => assertionResults).filter((test) => test.status === status).length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  ).length;

  const passed = count("passed");
  const failed = count("failed") + brokenFiles;
  const failedAsAWhole = failed === 0 && (!success || passed === 0);
  return { passed, failed: failedAsAWhole ? 1 : failed };
}
