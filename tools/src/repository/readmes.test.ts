import { expect, test } from "vitest";
import { plantInMonorepo } from "./fixture.ts";
import { readmes } from "./readmes.ts";

test("a workspace without a README is reported", () => {
  const root = plantInMonorepo({
    "packages/core/README.md": "# core",
    "packages/checker/README.md": "# checker",
    "specs/README.md": "# specs",
  });

  expect(readmes(root)).toEqual([{ file: "tools/README.md", message: "@quorate/tools has no README" }]);
});
