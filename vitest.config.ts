import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Where to write the results as JSON; `.ci/run` sets it to count what passed and what failed. */
const reportFile = process.env["QUORATE_TEST_REPORT"];

const project = (name: string, root: string, include: string) => ({
  extends: true as const,
  test: { name, root, include: [include] },
});

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      project("core", "packages/core", "src/**/*.test.ts"),
      project("checker", "packages/checker", "src/**/*.test.ts"),
      project("node", "packages/node", "src/**/*.test.ts"),
      project("specs", "specs", "**/*.test.ts"),
      project("tools", "tools", "src/**/*.test.ts"),
    ],
    // A test may explore a whole state space, on a machine slower than the author's.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Processes, not threads: the checker starts workers of its own and is stopped with them when a test hangs.
    pool: "forks",
    reporters: reportFile === undefined ? ["default"] : ["default", ["json", { outputFile: reportFile }]],
  },
});

export default config;
