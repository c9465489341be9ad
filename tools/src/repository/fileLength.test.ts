import { expect, test } from "vitest";
import { fileLength } from "./fileLength.ts";
import { plantInMonorepo } from "./fixture.ts";

const lines = (count: number): string => "// A line.\n".repeat(count);

test("400 lines are enough, 401 are reported", () => {
  const root = plantInMonorepo({ "packages/core/src/enough.ts": lines(400), "specs/raft/spec.ts": lines(401) });

  expect(fileLength(root)).toEqual([
    {
      file: "specs/raft/spec.ts",
      message: '401 lines are more than 400: split it, or say "// Long for a reason: ..."',
    },
  ]);
});

test("a reason is accepted, an empty one is not", () => {
  const root = plantInMonorepo({
    "packages/core/src/reason.ts": `// Long for a reason: one table.\n${lines(400)}`,
    "packages/core/src/none.ts": `// Long for a reason: \n${lines(400)}`,
  });

  expect(fileLength(root).map(({ file }) => file)).toEqual(["packages/core/src/none.ts"]);
});
