import { expect, test } from "vitest";
import { reasonsIn } from "./reasons.ts";

const readme = `# Raft

| file | function | guard | why | tests |
| --- | --- | --- | --- | --- |
| \`other.ts\` | \`other\` | \`isOther\` | in another table | |

## Guards that safety does not need

Some words.

| file      | function | guard                | why     | tests                  |
| --------- | -------- | -------------------- | ------- | ---------------------- |
| \`vote.ts\` | \`onVote\` | \`isOld \\|\\| isWrong\` | old one | \`a.test.ts\`, \`b.test.ts\` |
| \`vote.ts\` | \`onVote\` | \`isA\` (2)            | again   |                        |

## Tests

| no | guard | at | all | |
`;

test("the rows of the table below the heading are guards with their reasons", () => {
  expect(reasonsIn(readme)).toEqual([
    { guard: "vote.ts, onVote: isOld || isWrong", reason: "old one", tests: ["a.test.ts", "b.test.ts"] },
    { guard: "vote.ts, onVote: isA (2)", reason: "again", tests: [] },
  ]);
});

test("without the heading there are none", () => {
  expect(reasonsIn("# Raft\n\n| a | b | c | d | e |\n")).toEqual([]);
});
