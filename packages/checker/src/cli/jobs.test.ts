import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { SpecFiles } from "../catalog/catalog.ts";
import type { ParameterValues } from "../spec.ts";
import { doJob } from "./jobs.ts";

const folder = join(dirname(fileURLToPath(import.meta.url)), "fixtures");

const files: SpecFiles = {
  name: "counter",
  specFile: join(folder, "counter.ts"),
  manifestFile: join(folder, "counter.manifest.json"),
  mutantsFile: join(folder, "mutants.ts"),
};

/** Lets the counter count one too far, and asks whether `isSmall` would have broken as soon without that. */
async function breaksUnedited(parameters: ParameterValues): Promise<boolean> {
  const mutant = {
    id: "too-far",
    about: "It counts one too far.",
    source: "made up",
    file: "counter.ts",
    find: "counter < max ?",
    replace: "counter <= max ?",
    parameters,
    property: "isSmall",
  };
  const job = await doJob({ type: "mutant", files, mutant }, () => {});
  expect(job.result.verdict).toBe("violated");
  return job.breaksUnedited;
}

test("a mutant proves something where its property holds without the edit", async () => {
  expect(await breaksUnedited({ max: 3, small: 4 })).toBe(false);
});

test("a mutant proves nothing where its property breaks without the edit too", async () => {
  expect(await breaksUnedited({ max: 3, small: 2 })).toBe(true);
});
